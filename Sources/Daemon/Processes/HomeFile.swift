internal import Glibc
internal import Model
internal import Pipelines
internal import Sealing

/// Small files of a node's home, read and written whole.
enum HomeFile {
    /// - Throws: `BD-FILE` or `BD-FILE-TOO-LONG`.
    static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        do {
            return try SecretFile.read(path, limit: limit)
        } catch .tooLong {
            throw Failure(
                "BD-FILE-TOO-LONG", .badData, "\(path) is too long to be a file of this program")
        } catch {
            throw failed("read", path, error)
        }
    }

    /// The file, or `nil` where there is none.
    static func readIfThere(_ path: String, limit: Int) throws(Failure) -> [UInt8]? {
        access(path, F_OK) == 0 ? try read(path, limit: limit) : nil
    }

    /// Replaces it whole or not at all; for this user alone.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        do {
            try SecretFile.replace(bytes, at: path)
        } catch {
            throw failed("write", path, error)
        }
    }

    /// Nothing happens when it is not there.
    static func remove(_ path: String) { unlink(path) }

    /// The names in a directory, ascending; none when there is none.
    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func failed(
        _ what: String, _ path: String, _ error: SecretFile.Failure
    ) -> Failure {
        var cause = "\(error)"
        if case .system(let call, _, let number) = error {
            if number == ENOSPC || number == EDQUOT { return .homeFull(Array(path.utf8)) }
            cause = "\(call): \(String(cString: strerror(number)))"
        }
        return Failure(
            "BD-FILE", .inputOutput, "\(path): cannot \(what)", cause: cause,
            remedy: "check the disk and the permissions of its directory")
    }
}
