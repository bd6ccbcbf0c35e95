internal import Model
internal import Sealing

/// Where a key file is written to.
enum KeyFileTarget {
    /// - Throws: `BD-KEY-FILE-WRITE`; a file that is there already is never written over.
    static func create(_ text: String, at path: String) throws(Failure) {
        do {
            try SecretFile.create(Array(text.utf8), at: path)
        } catch {
            throw Failure(
                "BD-KEY-FILE-WRITE", .cannotCreate, "error writing to \(path)",
                cause: HomeFile.failed("write", path, error).cause,
                remedy: "name a file that is not there yet, on a disk that can be written")
        }
    }
}
