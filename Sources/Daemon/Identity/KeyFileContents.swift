package import Identities
internal import Model
package import Sealing

/// A key file that was opened, and where it says that the document is published.
package struct KeyFileContents: Sendable {
    package let file: KeyFile
    package let sources: [Source]

    /// - Parameter passphrase: asked for when the file is protected.
    /// - Throws: `BD-KEY-FILE`, `BD-WRONG-PASSPHRASE`, `BD-FILE`.
    package init(path: String, passphrase: () throws -> [UInt8]) throws {
        let bytes = try HomeFile.read(path, limit: Limits.keyFileLengthMax)
        do {
            let text = try KeyFileText(parsing: bytes)
            let secret =
                text.isProtected ? String(decoding: try passphrase(), as: UTF8.self) : nil
            file = try text.open(passphrase: secret)
        } catch let error as KeyFileError {
            guard error != .wrongPassphrase else {
                throw Failure(
                    "BD-WRONG-PASSPHRASE", .wrongPassphrase,
                    "The passphrase does not open \(path)",
                    remedy: "try again: capitals and spaces count")
            }
            throw Failure(
                "BD-KEY-FILE", .badData, "\(path) is not a key file that can be used",
                cause: "\(error)", remedy: "compare it with the original, or use another copy")
        }
        sources = KeyFileContents.sources(String(decoding: bytes, as: UTF8.self))
    }

    /// The line `Sources:` is a hint outside of the file's check: the document proves itself.
    private static func sources(_ text: String) -> [Source] {
        let marker = "Sources: "
        let line = text.split { $0.isNewline }.first { $0.hasPrefix(marker) }
        return line.map { $0.dropFirst(marker.count).split(separator: " ") }?
            .prefix(Limits.identitySourceCountMax).compactMap { Source($0) } ?? []
    }
}
