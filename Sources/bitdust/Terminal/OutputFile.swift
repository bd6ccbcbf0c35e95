internal import Glibc
internal import Model

/// A small file for a person, written over when it is there.
enum OutputFile {
    /// - Throws: `BD-OUTPUT`.
    static func write(_ text: String, to path: RawPath) throws(Failure) {
        do {
            try write(Array(text.utf8), to: path.bytes)
        } catch {
            throw Failure(
                "BD-OUTPUT", .inputOutput, "cannot write \(displayText(path.bytes))",
                cause: errorText(error.number), remedy: "check the directory and its disk")
        }
    }

    private struct CannotWrite: Error {
        let number: Int32
    }

    private static func write(_ bytes: [UInt8], to path: [UInt8]) throws(CannotWrite) {
        let descriptor = open(cPath(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CannotWrite(number: errno) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, Array(rest), rest.count)
            guard count > 0 else { throw CannotWrite(number: errno) }
            rest = rest.dropFirst(count)
        }
    }
}
