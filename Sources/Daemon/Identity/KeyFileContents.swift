package import Identities
internal import Model
package import Sealing
package import Suppliers

/// A key file that was opened, and where it says that the document is published and who stores for
/// this identity.
package struct KeyFileContents: Sendable {
    package let file: KeyFile
    package let sources: [Source]
    package let peers: [NodeAddress]

    /// - Parameter passphrase: asked for when the file is protected.
    /// - Throws: `BD-KEY-FILE`, `BD-WRONG-PASSPHRASE`, `BD-FILE`.
    package init(path: String, passphrase: () throws -> [UInt8]) throws {
        try self.init(
            try HomeFile.read(path, limit: Limits.keyFileLengthMax), named: path,
            passphrase: passphrase)
    }

    /// The same of the bytes of a key file.
    ///
    /// - Parameter name: what errors call it.
    package init(_ bytes: [UInt8], named name: String, passphrase: () throws -> [UInt8]) throws {
        do {
            let text = try KeyFileText(parsing: bytes)
            let secret =
                text.isProtected ? String(decoding: try passphrase(), as: UTF8.self) : nil
            file = try text.open(passphrase: secret)
        } catch let error as KeyFileError {
            guard error != .wrongPassphrase else {
                throw Failure(
                    "BD-WRONG-PASSPHRASE", .wrongPassphrase,
                    "The passphrase does not open \(name)",
                    remedy: "try again: capitals and spaces count")
            }
            throw Failure(
                "BD-KEY-FILE", .badData, "\(name) is not a key file that can be used",
                cause: "\(error)", remedy: "compare it with the original, or use another copy")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        sources = KeyFileContents.words(after: "Sources: ", in: text)
            .prefix(Limits.identitySourceCountMax).compactMap { Source($0) }
        peers = KeyFileContents.words(after: "Suppliers: ", in: text)
            .prefix(Limits.candidateCountMax).compactMap { NodeAddress($0) }
    }

    /// A line outside of the file's check is a hint: what is found by it proves itself.
    private static func words(after marker: String, in text: String) -> [Substring] {
        let line = text.split { $0.isNewline }.first { $0.hasPrefix(marker) }
        return line.map { $0.dropFirst(marker.count).split(separator: " ") } ?? []
    }
}
