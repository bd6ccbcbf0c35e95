/// A place in the settings file that cannot be read, and why.
package struct SettingsFileError: Error, Equatable, Sendable {
    /// From 1.
    package let line: Int
    /// From 1, in letters.
    package let column: Int
    package let problem: Problem

    package enum Problem: Equatable, Sendable {
        case tooLong(limit: Int)
        case tooManyLines
        case notUTF8
        case controlCharacter
        case unsupportedVersion(String)
        case badKey
        case noEqualsSign
        case noEndQuote
        case badEscape
        case textBehindQuote
        case repeated(SettingKey, firstLine: Int)
        /// The value has more than `Limits.settingLengthMax` bytes.
        case valueTooLong
    }

    init(_ line: Int, _ column: Int, _ problem: Problem) {
        self.line = line
        self.column = column
        self.problem = problem
    }
}

extension SettingsFileError.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLong(let limit): "the file is longer than \(limit) bytes"
        case .tooManyLines: "too many lines"
        case .notUTF8: "not UTF-8"
        case .controlCharacter: "a control character"
        case .unsupportedVersion(let text): "version “\(text.prefix(20))” is not known"
        case .badKey: "a key has small letters, digits and dashes between slashes"
        case .noEqualsSign: "an equals sign is missing behind the key"
        case .noEndQuote: "the quote does not end"
        case .badEscape: #"behind a backslash stands one of \ " n"#
        case .textBehindQuote: "text behind the quote"
        case .repeated(let key, let line): "\(key) is set in line \(line) already"
        case .valueTooLong: "the value is too long"
        }
    }
}
