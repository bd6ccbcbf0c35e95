internal import Model

/// Reads one line of the settings file, letter by letter.
struct SettingsLineParser {
    private let text: String
    private let letters: [Unicode.Scalar]
    private let line: Int
    private var index = 0

    init(_ bytes: ArraySlice<UInt8>, line: Int) throws(SettingsFileError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsFileError(line, 1, .notUTF8)
        }
        self.text = text
        self.letters = Array(text.unicodeScalars)
        self.line = line
        if let place = letters.firstIndex(where: SettingsLineParser.isControl) {
            throw SettingsFileError(line, place + 1, .controlCharacter)
        }
    }

    mutating func parse() throws(SettingsFileError) -> SettingsFile.Line {
        skipBlanks()
        guard let first = current, first != "#" else { return SettingsFile.Line(text: text) }
        let keyColumn = index + 1
        let key = try parseKey()
        skipBlanks()
        guard current == "=" else { throw failure(.noEqualsSign) }
        index += 1
        skipBlanks()
        let valueColumn = index + 1
        let value = current == "\"" ? try parseQuoted() : rest()
        guard value.utf8.count <= Limits.settingLengthMax else {
            throw SettingsFileError(line, valueColumn, .valueTooLong)
        }
        return SettingsFile.Line(
            text: text,
            entry: SettingsFile.Entry(
                key: key, value: value, keyColumn: keyColumn, valueColumn: valueColumn))
    }

    /// As a value stands in the file: bare where that reads back as the same, else quoted.
    static func written(_ value: String) -> String {
        let isBare =
            value.first != "\"" && value.unicodeScalars.first.map { !isBlank($0) } ?? false
            && value.unicodeScalars.last.map { !isBlank($0) } ?? false
            && !value.unicodeScalars.contains { $0 == "\n" }
        if isBare { return value }
        var quoted = "\""
        for letter in value.unicodeScalars {
            switch letter {
            case "\\": quoted += #"\\"#
            case "\"": quoted += #"\""#
            case "\n": quoted += #"\n"#
            default: quoted.unicodeScalars.append(letter)
            }
        }
        return quoted + "\""
    }

    private var current: Unicode.Scalar? { index < letters.count ? letters[index] : nil }

    private func failure(_ problem: SettingsFileError.Problem) -> SettingsFileError {
        SettingsFileError(line, index + 1, problem)
    }

    private mutating func skipBlanks() {
        while let letter = current, SettingsLineParser.isBlank(letter) { index += 1 }
    }

    private mutating func parseKey() throws(SettingsFileError) -> SettingKey {
        let start = index
        while let letter = current, letter != "=", !SettingsLineParser.isBlank(letter) {
            index += 1
        }
        guard let key = SettingKey(string(letters[start..<index])) else {
            throw SettingsFileError(line, start + 1, .badKey)
        }
        return key
    }

    private mutating func parseQuoted() throws(SettingsFileError) -> String {
        var value = String.UnicodeScalarView()
        index += 1
        while let letter = current, letter != "\"" {
            guard letter == "\\" else {
                value.append(letter)
                index += 1
                continue
            }
            index += 1
            switch current {
            case "\\": value.append("\\")
            case "\"": value.append("\"")
            case "n": value.append("\n")
            default: throw failure(.badEscape)
            }
            index += 1
        }
        guard current == "\"" else { throw failure(.noEndQuote) }
        index += 1
        skipBlanks()
        guard current == nil else { throw failure(.textBehindQuote) }
        return String(value)
    }

    /// Up to the end of the line, without blanks behind.
    private mutating func rest() -> String {
        let start = index
        index = letters.count
        let end = letters[start...].lastIndex { !SettingsLineParser.isBlank($0) }.map { $0 + 1 }
        return string(letters[start..<(end ?? start)])
    }

    private func string(_ part: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: part)
        return String(view)
    }

    private static func isBlank(_ letter: Unicode.Scalar) -> Bool {
        letter == " " || letter == "\t"
    }

    private static func isControl(_ letter: Unicode.Scalar) -> Bool {
        letter.properties.generalCategory == .control && letter != "\t"
    }
}
