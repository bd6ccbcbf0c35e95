/// A setting whose value has the type `Value`: what the parts of a node read.
package struct Setting<Value: Sendable>: Sendable {
    package let definition: SettingDefinition
    private let read: @Sendable (SettingValue) -> Value?

    package var key: SettingKey { definition.key }

    init(_ definition: SettingDefinition, read: @escaping @Sendable (SettingValue) -> Value?) {
        self.definition = definition
        self.read = read
    }

    /// - Precondition: `value` is one that the definition gave, or its default.
    func value(_ value: SettingValue) -> Value {
        guard let value = read(value) else { preconditionFailure("\(key) is of another type") }
        return value
    }
}

extension Setting<Bool> {
    static func boolean(_ key: SettingKey, _ value: Bool, _ help: String) -> Setting {
        Setting(SettingDefinition(key, .boolean, .boolean(value), help)) {
            if case .boolean(let value) = $0 { value } else { nil }
        }
    }
}

extension Setting<Int> {
    /// Whole numbers in `range`; the type says whether zero is one of them.
    static func integer(
        _ key: SettingKey, _ value: Int, in range: ClosedRange<Int>, _ help: String
    ) -> Setting {
        Setting(
            SettingDefinition(
                key, range.lowerBound > 0 ? .nonZeroPositiveInteger : .positiveInteger,
                .integer(value), help, minimum: .integer(range.lowerBound),
                maximum: .integer(range.upperBound))
        ) { if case .integer(let value) = $0 { value } else { nil } }
    }
}

extension Setting<UInt16> {
    static func port(_ key: SettingKey, _ value: UInt16, _ help: String) -> Setting {
        Setting(
            SettingDefinition(
                key, .portNumber, .integer(Int(value)), help, minimum: .integer(1),
                maximum: .integer(65_535))
        ) { if case .integer(let value) = $0 { UInt16(exactly: value) } else { nil } }
    }
}

extension Setting<Double> {
    static func decimal(
        _ key: SettingKey, _ value: Double, in range: ClosedRange<Double>, _ help: String
    ) -> Setting {
        Setting(
            SettingDefinition(
                key, .nonZeroPositiveDecimal, .decimal(value), help,
                minimum: .decimal(range.lowerBound), maximum: .decimal(range.upperBound))
        ) { if case .decimal(let value) = $0 { value } else { nil } }
    }
}

extension Setting<DiskSpace> {
    static func diskSpace(
        _ key: SettingKey, _ value: DiskSpace, min: DiskSpace, _ help: String
    ) -> Setting {
        Setting(
            SettingDefinition(
                key, .diskSpace, .diskSpace(value), help, minimum: .diskSpace(min))
        ) { if case .diskSpace(let value) = $0 { value } else { nil } }
    }
}

extension Setting<String> {
    static func string(_ key: SettingKey, _ help: String) -> Setting {
        Setting(SettingDefinition(key, .string, .text(""), help), read: text)
    }

    static func selection(
        _ key: SettingKey, _ value: String, of choices: [String], _ help: String
    ) -> Setting {
        Setting(
            SettingDefinition(key, .selection, .text(value), help, choices: choices), read: text)
    }

    /// Empty stands for the usual place.
    static func folder(_ key: SettingKey, _ help: String) -> Setting {
        Setting(SettingDefinition(key, .folderPath, .text(""), help), read: text)
    }

    @Sendable private static func text(_ value: SettingValue) -> String? {
        if case .text(let value) = value { value } else { nil }
    }
}
