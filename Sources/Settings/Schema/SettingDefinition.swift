internal import Model
package import Services

/// What is known of a setting: its type, default, limits and help.
package struct SettingDefinition: Sendable {
    package let key: SettingKey
    package let type: SettingType
    package let defaultValue: SettingValue
    /// One sentence without a full stop.
    package let help: String
    package let minimum: SettingValue?
    package let maximum: SettingValue?
    /// The choices of a selection.
    package let choices: [String]
    let form: SettingForm

    init(
        _ key: SettingKey, _ type: SettingType, _ defaultValue: SettingValue, _ help: String,
        minimum: SettingValue? = nil, maximum: SettingValue? = nil, choices: [String] = [],
        form: SettingForm = .any
    ) {
        self.key = key
        self.type = type
        self.defaultValue = defaultValue
        self.help = help
        self.minimum = minimum
        self.maximum = maximum
        self.choices = choices
        self.form = form
    }

    /// `donated space`.
    package var label: String { String(key.name).replacing("-", with: " ") }

    /// The service whose setting it is: `services/<x>/...`.
    package var service: ServiceName? {
        let parts = key.parts
        guard parts.count > 2, parts[0] == "services" else { return nil }
        return ServiceName(text: parts[1])
    }

    /// Whether it is `services/<x>/enabled`, the switch of its service.
    package var isSwitch: Bool {
        service.map { key.path == $0.settingsPath + "/enabled" } ?? false
    }
}

/// What the text of a setting must look like beyond its type.
enum SettingForm: Sendable {
    case any, host, address, knownNodes, knownServers, words, timetable

    var isList: Bool {
        switch self {
        case .knownNodes, .knownServers, .words: true
        case .any, .host, .address, .timetable: false
        }
    }
}

extension SettingDefinition {
    /// Reads what a person wrote; the result is in its one form, so `20GB` becomes `20 GB`.
    package func value(of text: String) throws(SettingValueError) -> SettingValue {
        guard text.utf8.count <= Limits.settingLengthMax else {
            throw .tooLong(limit: Limits.settingLengthMax)
        }
        let trimmed = SettingDefinition.trimmed(text)
        let value: SettingValue =
            switch type {
            case .boolean: .boolean(try boolean(trimmed))
            case .positiveInteger, .nonZeroPositiveInteger, .portNumber:
                .integer(try integer(trimmed))
            case .nonZeroPositiveDecimal: .decimal(try decimal(trimmed))
            case .diskSpace: .diskSpace(try diskSpace(trimmed))
            case .folderPath: .text(try folder(trimmed))
            case .selection: .text(try selection(trimmed))
            case .string, .text: .text(try plain(trimmed))
            }
        return value
    }

    private static func trimmed(_ text: String) -> String {
        let isBlank = { (character: Character) in character.isWhitespace }
        guard let first = text.firstIndex(where: { !isBlank($0) }),
            let last = text.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(text[first...last])
    }

    private func boolean(_ text: String) throws(SettingValueError) -> Bool {
        switch text.lowercased() {
        case "true", "1", "on", "yes", "ok": return true
        case "false", "0", "off", "no": return false
        default: throw .notBoolean
        }
    }

    private func integer(_ text: String) throws(SettingValueError) -> Int {
        guard let value = Int(text), text.first != "+" else { throw .notInteger }
        if case .integer(let limit) = minimum, value < limit {
            throw .tooSmall(limit: "\(limit)")
        }
        if case .integer(let limit) = maximum, value > limit {
            throw .tooLarge(limit: "\(limit)")
        }
        return value
    }

    private func decimal(_ text: String) throws(SettingValueError) -> Double {
        guard text.utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: ".") }),
            let value = Double(text), value.isFinite
        else { throw .notDecimal }
        if case .decimal(let limit) = minimum, value < limit { throw .tooSmall(limit: "\(limit)") }
        if case .decimal(let limit) = maximum, value > limit { throw .tooLarge(limit: "\(limit)") }
        return value
    }

    private func diskSpace(_ text: String) throws(SettingValueError) -> DiskSpace {
        let value: DiskSpace
        do { value = try DiskSpace(text) } catch { throw .notDiskSpace(error) }
        if case .diskSpace(let limit) = minimum, value < limit {
            throw .tooSmall(limit: "\(limit)")
        }
        if case .diskSpace(let limit) = maximum, value > limit {
            throw .tooLarge(limit: "\(limit)")
        }
        return value
    }

    private func folder(_ text: String) throws(SettingValueError) -> String {
        guard text.isEmpty || text.hasPrefix("/") else { throw .notAbsolutePath }
        try checkCharacters(text, mayHaveLines: false)
        return text
    }

    private func selection(_ text: String) throws(SettingValueError) -> String {
        guard let choice = choices.first(where: { $0.lowercased() == text.lowercased() }) else {
            throw .notAmong(choices)
        }
        return choice
    }

    private func plain(_ text: String) throws(SettingValueError) -> String {
        let lines = type == .text ? text.replacing("\r\n", with: "\n") : text
        try checkCharacters(lines, mayHaveLines: type == .text || form.isList)
        switch form {
        case .any: return lines
        case .host:
            guard !lines.isEmpty else { return "" }
            guard let host = HostName(lines) else { throw .notAHost }
            return host.text
        case .address:
            guard !lines.isEmpty else { return "" }
            guard let address = IPAddress(lines) else { throw .notAnAddress }
            return address.description
        case .knownNodes: return try KnownNodes(lines).description
        case .knownServers:
            return try KnownServer.list(lines).map(\.description).joined(separator: ",")
        case .timetable:
            do {
                return try RateSchedule(lines, otherwise: nil).text
            } catch {
                throw .notATimetable(error)
            }
        case .words: return try ListText.words(lines).joined(separator: ",")
        }
    }

    /// Refuses what could make the line around a value look like something else.
    private func checkCharacters(
        _ text: String, mayHaveLines: Bool
    ) throws(SettingValueError) {
        let isFine = text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control: mayHaveLines && scalar == "\n"
            case .format, .lineSeparator, .paragraphSeparator, .surrogate: false
            default: true
            }
        }
        guard isFine else { throw .controlCharacter }
    }
}
