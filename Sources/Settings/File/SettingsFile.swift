internal import Model

/// The text file that holds the settings that differ from their defaults.
///
/// Lines `key = value`, remarks that start with `#`, and empty lines; all of them stay as they are
/// until one is set. Page: docs/formats/settings.md. Golden file: `fixtures/settings/v1.conf`.
package struct SettingsFile: Equatable, Sendable {
    struct Line: Equatable, Sendable {
        /// As it stands in the file, without its end.
        var text: String
        /// `nil` for remarks and empty lines.
        var entry: Entry?
    }

    struct Entry: Equatable, Sendable {
        let key: SettingKey
        let value: String
        /// From 1, in letters.
        let keyColumn: Int
        let valueColumn: Int
    }

    private(set) var lines: [Line]

    static let version = 1
    private static let title = "# bitdust settings, version "

    /// A file without settings.
    init() {
        lines = [
            Line(text: SettingsFile.title + "\(SettingsFile.version)"),
            Line(
                text: "# Only what differs from the defaults. Change it with: bitdust set KEY VALUE"
            ),
            Line(text: ""),
        ]
    }

    /// Reads a file; values are not yet held against what there is to set.
    init(_ bytes: [UInt8]) throws(SettingsFileError) {
        guard bytes.count <= Limits.settingsFileLengthMax else {
            throw SettingsFileError(1, 1, .tooLong(limit: Limits.settingsFileLengthMax))
        }
        lines = []
        var places: [SettingKey: Int] = [:]
        for (index, part) in SettingsFile.split(bytes).enumerated() {
            guard index < Limits.settingsLineCountMax else {
                throw SettingsFileError(index + 1, 1, .tooManyLines)
            }
            var parser = try SettingsLineParser(part, line: index + 1)
            let line = try parser.parse()
            if index == 0 { try SettingsFile.checkVersion(line.text) }
            if let entry = line.entry, let first = places.updateValue(index + 1, forKey: entry.key)
            {
                throw SettingsFileError(
                    index + 1, entry.keyColumn, .repeated(entry.key, firstLine: first))
            }
            lines.append(line)
        }
    }

    /// All lines, each with its end.
    package var bytes: [UInt8] { lines.flatMap { Array($0.text.utf8) + [UInt8(ascii: "\n")] } }

    /// The settings with the numbers of their lines, from 1.
    var entries: [(line: Int, entry: Entry)] {
        lines.enumerated().compactMap { index, line in line.entry.map { (index + 1, $0) } }
    }

    /// Puts a value in place of the one that is there, or where its key belongs; `nil` removes it.
    mutating func set(_ key: SettingKey, _ value: String?) {
        let place = lines.firstIndex { $0.entry?.key == key }
        guard let value else {
            if let place { lines.remove(at: place) }
            return
        }
        let text = "\(key) = \(SettingsLineParser.written(value))"
        let column = key.path.count + 4
        let line = Line(
            text: text, entry: Entry(key: key, value: value, keyColumn: 1, valueColumn: column))
        if let place {
            if lines[place].entry?.value != value { lines[place] = line }
        } else if let before = lines.lastIndex(where: { $0.entry.map { $0.key < key } ?? false }) {
            lines.insert(line, at: before + 1)
        } else {
            lines.insert(line, at: lines.firstIndex { $0.entry != nil } ?? lines.count)
        }
    }

    /// The lines without their ends, LF or CR LF, and without a byte order mark.
    private static func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let body = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
        var parts = body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if parts.last?.isEmpty == true { parts.removeLast() }
        return parts.map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
    }

    private static func checkVersion(_ text: String) throws(SettingsFileError) {
        guard text.hasPrefix(title) else { return }
        let number = text.dropFirst(title.count)
        guard number == "\(version)" else {
            throw SettingsFileError(1, title.count + 1, .unsupportedVersion(String(number)))
        }
    }
}
