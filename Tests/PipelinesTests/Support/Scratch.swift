import Glibc
import Simulation

/// A directory of its own for one test, removed with all that is in it.
///
/// In memory where the machine has a place for that: these tests are about what is written, the
/// suppliers' own tests about what a disk makes of it.
final class Scratch: Sendable {
    let path: String

    init() {
        let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(place)/pipelines-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit {
        // The tree may be deeper than any path can name; rm descends by descriptors.
        run("/bin/rm", "-rf", path)
    }

    subscript(_ name: String) -> String { "\(path)/\(name)" }

    func bytes(_ name: String) -> [UInt8] { Array(self[name].utf8) }
}

/// Runs a program and waits for it.
@discardableResult
func run(_ words: String...) -> Int32 {
    var process = pid_t()
    var arguments = words.map { (word: String) in strdup(word) } + [nil]
    defer { arguments.forEach { free($0) } }
    guard posix_spawn(&process, words[0], nil, nil, &arguments, environ) == 0 else { return -1 }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return status
}

/// Stops a test whose preparation did not work.
func prepared(_ code: some BinaryInteger, _ what: String = "") {
    precondition(code >= 0, "\(what): \(String(cString: strerror(errno)))")
}

let isRoot = geteuid() == 0

/// Files of a test, by path; every failure is one of the preparation.
enum Files {
    static func makeDirectory(_ path: String, mode: mode_t = 0o755) {
        prepared(mkdir(path, mode), path)
    }

    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) {
        write(bytes, to: path, flags: O_CREAT | O_WRONLY | O_TRUNC, at: 0, mode: mode)
    }

    static func write(_ text: String, to path: String) {
        write(Array(text.utf8), to: path)
    }

    static func overwrite(_ bytes: [UInt8], in path: String, at offset: Int) {
        write(bytes, to: path, flags: O_WRONLY, at: offset, mode: 0)
    }

    private static func write(
        _ bytes: [UInt8], to path: String, flags: Int32, at offset: Int, mode: mode_t
    ) {
        let file = open(path, flags | O_CLOEXEC, mode)
        prepared(file, path)
        defer { close(file) }
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(file, $0.baseAddress! + start, $0.count - start, off_t(offset + start))
            }
            prepared(count, path)
            start += count
        }
    }

    static func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return readAll(file)
    }

    static func readAll(_ file: Int32) -> [UInt8]? {
        var status = stat()
        guard fstat(file, &status) == 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress! + start, $0.count - start)
            }
            guard count > 0 else { return nil }
            start += count
        }
        return bytes
    }

    static func text(_ path: String) -> String? {
        read(path).map { String(decoding: $0, as: UTF8.self) }
    }

    static func length(_ path: String) -> Int {
        var status = stat()
        return lstat(path, &status) == 0 ? Int(status.st_size) : -1
    }

    static func names(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func remove(_ path: String) { run("/bin/rm", "-rf", path) }

    /// Sets the time of modification.
    static func touch(_ path: String, seconds: Int, nanoseconds: Int = 0) {
        let times = [
            timespec(tv_sec: seconds, tv_nsec: nanoseconds),
            timespec(tv_sec: seconds, tv_nsec: nanoseconds),
        ]
        prepared(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), path)
    }
}

extension SeededRandom {
    func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { target, used in
            var offset = 0
            while offset + 8 <= count {
                UnsafeMutableRawBufferPointer(target).storeBytes(
                    of: next(), toByteOffset: offset, as: UInt64.self)
                offset += 8
            }
            for rest in offset..<count { target[rest] = UInt8(truncatingIfNeeded: next()) }
            used = count
        }
    }

    /// Bytes that compress to about a fifth.
    func text(_ count: Int) -> [UInt8] {
        let words = (0..<64).map { _ in bytes(12).map { 97 + $0 % 26 } + [32] }
        var text: [UInt8] = []
        text.reserveCapacity(count + 16)
        while text.count < count { text += words[below(0..<words.count)] }
        return Array(text.prefix(count))
    }
}
