internal import Glibc
internal import Model

/// Small files of the home, read and written whole.
enum FileAccess {
    static func exists(_ path: [UInt8]) -> Bool { path.withPath { access($0, F_OK) } == 0 }

    static func read(_ path: [UInt8], byteCountMax: Int) throws -> [UInt8] {
        let descriptor = path.withPath { open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: byteCountMax + 1)
        var end = 0
        while end < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + end, $0.count - end)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { break }
            end += count
        }
        guard end <= byteCountMax else {
            throw Failure(
                "BD-FILE-TOO-LONG", .badData,
                "\(displayText(path)) is too long to be a file of this program")
        }
        return Array(bytes[..<end])
    }

    /// Writes under a temporary name, syncs, renames, and syncs the directory: after a crash the
    /// file is what it was or what it is to be.
    static func publish(_ bytes: [UInt8], at path: [UInt8]) throws {
        let temporary = path + Array(".tmp".utf8)
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
        let descriptor = temporary.withPath { open($0, flags, 0o600) }
        guard descriptor >= 0 else { throw failure("write", path) }
        var isWritten = writeAll(bytes, to: descriptor) && fsync(descriptor) == 0
        isWritten = close(descriptor) == 0 && isWritten
        let isNamed =
            isWritten && temporary.withPath { old in path.withPath { rename(old, $0) } } == 0
        guard isNamed, syncDirectory(of: path) else {
            let failure = failure("write", path)
            // A part of it is of no use, and takes room that is scarce.
            if !isNamed { temporary.withPath { _ = unlink($0) } }
            throw failure
        }
    }

    static func remove(_ path: [UInt8]) throws {
        guard path.withPath({ unlink($0) }) == 0 || errno == ENOENT, syncDirectory(of: path) else {
            throw failure("remove", path)
        }
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress! + start, $0.count - start)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            start += count
        }
        return true
    }

    private static func syncDirectory(of path: [UInt8]) -> Bool {
        let directory = SourcePath.split(path).directory
        let descriptor = directory.withPath { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    private static func failure(_ what: String, _ path: [UInt8]) -> Failure {
        let code = errno
        if code == ENOSPC || code == EDQUOT { return .homeFull(path) }
        return Failure(
            "BD-FILE", .inputOutput, "\(displayText(path)): cannot \(what)",
            cause: String(cString: strerror(code)),
            remedy: "check the disk and the permissions of its directory")
    }
}
