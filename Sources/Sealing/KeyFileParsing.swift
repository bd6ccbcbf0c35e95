internal import Model

extension KeyFileText {
    private static let title = "BITDUST IDENTITY BACKUP KEY"

    /// The page, below 2 KiB of UTF-8, lines ending in a line feed.
    package var text: String {
        var lines = [
            KeyFileText.title,
            "# Keep this page offline: it restores everything, and whoever can open it is you.",
        ]
        lines += headers.fields.map { "\($0.name): \($0.value)" }
        lines.append("")
        lines += KeyFileBody.lines(body)
        let check = KeyFileSymbols.text(KeyFileSymbols.symbols(self.check))
        let groups = stride(from: 0, to: 16, by: 4).map { check.dropFirst($0).prefix(4) }
        lines.append("Check: " + groups.joined(separator: " "))
        return lines.joined(separator: "\n") + "\n"
    }

    /// Reads a page as people type and mail it: any line ends, a byte order mark, any case of the
    /// body, spaces where they like, lines in any order; remarks from `#` on, empty lines and
    /// unknown headers are passed over.
    ///
    /// - Throws: any ``KeyFileError`` that needs no passphrase.
    package init(parsing bytes: [UInt8]) throws(KeyFileError) {
        guard bytes.count <= Limits.keyFileLengthMax else {
            throw .tooLong(byteCount: bytes.count, limit: Limits.keyFileLengthMax)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notAKeyFile }
        var lines = KeyFileText.lines(text)[...]
        guard let first = lines.popFirst(), first.uppercased() == KeyFileText.title else {
            throw .notAKeyFile
        }
        var values: [String: String] = [:]
        var bodyLines: [Substring] = []
        for line in lines {
            guard let header = KeyFileText.header(line) else {
                bodyLines.append(KeyFileText.withoutRemark(line))
                continue
            }
            guard values.updateValue(header.value, forKey: header.name) == nil else {
                throw .badHeader(name: header.name)
            }
        }
        let headers = try KeyFileHeaders(values)
        let body = try KeyFileBody.bytes(
            bodyLines,
            count: KeyFileText.bodyLength(headers.protection) / KeyFileBody.lineByteCount)
        self.init(headers: headers, body: body)
        guard let typed = values["check"] else { throw .missingHeader(name: "Check") }
        let check = KeyFileText.withoutRemark(typed[...]).utf8.filter { $0 != UInt8(ascii: " ") }
            .map { KeyFileSymbols.value(of: $0) }
        guard check == KeyFileSymbols.symbols(self.check) else { throw .badCheck }
    }

    /// The lines that say something, each with single spaces and none around.
    private static func lines(_ text: String) -> [Substring] {
        let mark: Unicode.Scalar = "\u{FEFF}"
        let scalars = text.unicodeScalars.drop { $0 == mark }
        return scalars.split { $0 == "\n" || $0 == "\r" }.compactMap { line in
            let words = line.split { $0.properties.isWhitespace }
            let joined = words.map { String($0) }.joined(separator: " ")
            return joined.isEmpty || joined.hasPrefix("#") ? nil : joined[...]
        }
    }

    /// `Name: value`, the name of letters and hyphens and given in lower case.
    private static func header(_ line: Substring) -> (name: String, value: String)? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        let name = line[..<colon]
        guard let first = name.utf8.first, first != UInt8(ascii: "-"),
            name.utf8.allSatisfy({
                (65...90).contains($0) || (97...122).contains($0) || $0 == UInt8(ascii: "-")
            })
        else { return nil }
        let value = line[line.index(after: colon)...].drop { $0 == " " }
        return (name.lowercased(), String(value))
    }

    private static func withoutRemark(_ line: Substring) -> Substring {
        line.prefix { $0 != "#" }
    }
}
