internal import Glibc

/// Files that hold secrets: readable by their owner only, on the disk before success is told, and
/// read back before it is told too.
package enum SecretFile {
    package enum Failure: Error, Equatable, Sendable {
        case exists(path: String)
        case system(call: String, path: String, errno: Int32)
        /// What was read back is not what was written: the disk or the memory is broken.
        case readBackDiffers(path: String)
        case tooLong(path: String, limit: Int)
    }

    /// Writes a file that must not be there yet. Also for file systems without links and modes, as
    /// on a memory stick: a crash may leave a part of the file, which no decoder takes.
    ///
    /// - Throws: ``Failure``; a file that this call created is gone again then.
    package static func create(_ bytes: [UInt8], at path: String) throws(Failure) {
        try writeNew(bytes, at: path)
        do throws(Failure) {
            try syncFolder(of: path)
            try readBack(bytes, at: path)
        } catch {
            unlink(path)
            throw error
        }
    }

    /// Replaces a file whole or not at all.
    ///
    /// Thread rules: one writer of a path at a time.
    package static func replace(_ bytes: [UInt8], at path: String) throws(Failure) {
        let fresh = path + ".new"
        // What a crash left; the file is ours by its name.
        unlink(fresh)
        try writeNew(bytes, at: fresh)
        do throws(Failure) {
            try readBack(bytes, at: fresh)
            guard rename(fresh, path) == 0 else { throw failed("rename", path) }
        } catch {
            unlink(fresh)
            throw error
        }
        try syncFolder(of: path)
    }

    /// Reads a file of at most `limit` bytes.
    package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failed("open", path) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let taken = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress! + count, $0.count - count)
            }
            if taken == 0 { return Array(bytes[..<count]) }
            if taken > 0 {
                count += taken
            } else if errno != EINTR {
                throw failed("read", path)
            }
        }
        throw .tooLong(path: path, limit: limit)
    }

    private static func writeNew(_ bytes: [UInt8], at path: String) throws(Failure) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw errno == EEXIST ? .exists(path: path) : failed("open", path)
        }
        do throws(Failure) {
            try write(bytes, to: file, path)
            guard fsync(file) == 0 else { throw failed("fsync", path) }
        } catch {
            close(file)
            unlink(path)
            throw error
        }
        guard close(file) == 0 else {
            let failure = failed("close", path)
            unlink(path)
            throw failure
        }
    }

    private static func write(
        _ bytes: [UInt8], to file: Int32, _ path: String
    ) throws(Failure) {
        var offset = 0
        while offset < bytes.count {
            let written = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress! + offset, $0.count - offset)
            }
            if written >= 0 {
                offset += written
            } else if errno != EINTR {
                throw failed("write", path)
            }
        }
    }

    private static func readBack(_ bytes: [UInt8], at path: String) throws(Failure) {
        guard try read(path, limit: bytes.count) == bytes else {
            throw .readBackDiffers(path: path)
        }
    }

    private static func syncFolder(of path: String) throws(Failure) {
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "."
        let file = open(String(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw failed("open", String(folder)) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failed("fsync", String(folder)) }
    }

    private static func failed(_ call: String, _ path: String) -> Failure {
        .system(call: call, path: path, errno: errno)
    }
}
