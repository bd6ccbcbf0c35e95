internal import Glibc
internal import Model

/// A small tree that has one of everything a restore can get wrong.
struct GeneratedTree {
    let path: [UInt8]

    /// Bytes of the large file that is not compressible.
    private static let noiseLength = 24 << 20
    /// Leaves a time as it is; the macro UTIME_OMIT does not come over from C.
    private static let omittedTime = (1 << 30) - 2

    /// Makes it at `path`, which must not exist.
    ///
    /// - Throws: `BD-SCRATCH`.
    func make() throws {
        try check(mkdir(cPath(path), 0o755))
        for name in ["empty", "deep", "deep/er", "deep/er/still", "links"] {
            try check(mkdir(at(name), 0o755))
        }
        try write("noise.bin", noise(seed: 1, length: GeneratedTree.noiseLength))
        try write("zero.bin", [UInt8](repeating: 0, count: 3 << 20))
        try write("nothing", [])
        try write("one", [1])
        for number in 0..<400 {
            let text = "line \(number) of many that look alike\n"
            let lines = String(repeating: text, count: 1 + number % 97)
            try write("deep/er/note-\(number).txt", Array(lines.utf8))
        }
        for length in [4095, 4096, 4097, 32767, 32768, 524_289] {
            try write("deep/er/still/\(length)", noise(seed: UInt64(length), length: length))
        }
        try makeSpecial()
    }

    private func makeSpecial() throws {
        try write("links/file", Array("with two names\n".utf8))
        try check(link(at("links/file"), at("links/same file")))
        try check(symlink("../noise.bin", at("links/to noise")))
        try check(symlink("nowhere/at all", at("links/dangling")))
        try check(mkfifo(at("links/pipe"), 0o640))
        try write([0xE9, 0x20, 0x0A, 0xFF], Array("a name that is not UTF-8\n".utf8))
        try write(Array(repeating: UInt8(ascii: "n"), count: 255), Array("a long name\n".utf8))
        try makeSparse("sparse", length: 64 << 20)
        try check(chmod(at("one"), 0o4755))
        try check(chmod(at("empty"), 0o1777))
        for (index, name) in ["one", "nothing", "empty"].enumerated() {
            let times = [
                timespec(tv_sec: 0, tv_nsec: GeneratedTree.omittedTime),
                timespec(tv_sec: 1_000_000_000 + index, tv_nsec: 123_456_789 + index),
            ]
            try check(utimensat(AT_FDCWD, at(name), times, 0))
        }
    }

    private func makeSparse(_ name: String, length: Int) throws {
        let descriptor = open(at(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        try check(descriptor)
        defer { close(descriptor) }
        try check(ftruncate(descriptor, length))
        let mark = Array("in the middle".utf8)
        try check(pwrite(descriptor, mark, mark.count, length / 2) == mark.count ? 0 : -1)
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws {
        try write(Array(name.utf8), bytes)
    }

    private func write(_ name: [UInt8], _ bytes: [UInt8]) throws {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        let descriptor = open(cPath(Folder.join(path, name)), flags, 0o644)
        try check(descriptor)
        defer { close(descriptor) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress, $0.count, offset)
            }
            try check(count > 0 ? 0 : -1)
            offset += count
        }
    }

    /// Bytes that no compressor shrinks, the same for each seed.
    ///
    /// - SeeAlso: Steele, Lea, Flood, “Fast splittable pseudorandom number generators”, 2014.
    private func noise(seed: UInt64, length: Int) -> [UInt8] {
        var state = seed
        return [UInt8](unsafeUninitializedCapacity: length) { target, count in
            while count < length {
                state &+= 0x9E37_79B9_7F4A_7C15
                var word = state
                word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
                word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
                word ^= word >> 31
                for shift in stride(from: UInt64(0), to: 64, by: 8) where count < length {
                    target[count] = UInt8(truncatingIfNeeded: word >> shift)
                    count += 1
                }
            }
        }
    }

    private func at(_ name: String) -> [CChar] {
        cPath(Folder.join(path, Array(name.utf8)))
    }

    private func check(_ result: Int32) throws {
        guard result < 0 else { return }
        throw Failure(
            "BD-SCRATCH", .cannotCreate, "cannot make the files for the proof",
            cause: errorText(errno), remedy: "set TMPDIR to a directory with 1 GB of room")
    }
}

/// Folders of /usr/share/doc: real text that is on most machines.
enum DocumentFolders {
    private static let place = Array("/usr/share/doc".utf8)
    private static let byteCountMax: UInt64 = 170 << 20
    private static let folderCountMax = 500

    /// As many as keep the proof short, by name.
    static func choose() -> [[UInt8]] {
        var left = byteCountMax
        var chosen: [[UInt8]] = []
        for name in Folder.names(place) ?? [] where chosen.count < folderCountMax {
            let path = Folder.join(place, name)
            guard Folder.isFolder(path) else { continue }
            let size = Folder.byteCount(path)
            guard size <= left else { continue }
            left -= size
            chosen.append(path)
        }
        return chosen
    }
}
