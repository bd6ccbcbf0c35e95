import Foundation
import Glibc
import Model

/// The directory of a kill loop, with a source that changes.
struct KillScratch {
    let path: String

    init() {
        // A kill leaves the page cache as it is, so memory serves as well as a disk.
        let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(place)/bitdust-kill-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
        mkdir(self["source"], 0o755)
        for number in 0..<6 { mkdir(self["source/folder\(number)"], 0o755) }
    }

    subscript(_ name: String) -> String { "\(path)/\(name)" }

    func remove() { removeTree(path) }

    /// About 6 MiB in 60 files.
    func fillSource(_ random: inout KillRandom) {
        for number in 0..<60 {
            write(number, random.bytes(1 + random.below(number % 10 == 0 ? 700_000 : 40_000)))
        }
    }

    /// Changes, removes, adds and renames a few files, and touches one.
    func changeSource(_ random: inout KillRandom) {
        for _ in 0..<3 { write(random.below(60), random.bytes(1 + random.below(60_000))) }
        unlink(file(random.below(60)))
        rename(file(random.below(60)), file(random.below(60)))
        let times = [timespec(tv_sec: 1_600_000_000, tv_nsec: random.below(999_999_999))]
        utimensat(AT_FDCWD, file(random.below(60)), times + times, 0)
    }

    func sourceDigest() -> [String: TreeDigest] { TreeDigest.of(self["source"]) }

    private func file(_ number: Int) -> String { self["source/folder\(number % 6)/file\(number)"] }

    private func write(_ number: Int, _ bytes: [UInt8]) {
        let isWritten = FileManager.default.createFile(
            atPath: file(number), contents: Data(bytes))
        precondition(isWritten, file(number))
    }
}

func removeTree(_ path: String) {
    try? FileManager.default.removeItem(atPath: path)
}

/// What a restore must give back of one entry.
struct TreeDigest: Equatable {
    let mode: UInt32
    let modified: [Int]
    let length: Int
    /// CRC-32C of all bytes and of the first half.
    let content: [UInt32]

    /// Every entry below a directory, by path.
    static func of(_ root: String) -> [String: TreeDigest] {
        var tree: [String: TreeDigest] = [:]
        for name in FileManager.default.enumerator(atPath: root) ?? .init() {
            guard let name = name as? String else { continue }
            var status = stat()
            guard lstat("\(root)/\(name)", &status) == 0 else { continue }
            let isFile = status.st_mode & S_IFMT == S_IFREG
            let bytes = isFile ? FileManager.default.contents(atPath: "\(root)/\(name)") : nil
            let content = [UInt8](bytes ?? Data())
            tree[name] = TreeDigest(
                mode: status.st_mode, modified: [status.st_mtim.tv_sec, status.st_mtim.tv_nsec],
                length: content.count,
                content: [content.count, content.count / 2].map {
                    Checksum.crc32c(content.span.bytes.extracting(0..<$0))
                })
        }
        return tree
    }
}

/// SplitMix64 (Steele, Lea, Flood, “Fast splittable pseudorandom number generators”, 2014).
struct KillRandom {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    /// In 0..<1.
    mutating func fraction() -> Double { Double(next() >> 11) / Double(1 << 53) }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var words = [UInt64](repeating: 0, count: (count + 7) / 8)
        for index in words.indices { words[index] = next() }
        return words.withUnsafeBytes { Array($0.prefix(count)) }
    }
}
