/// The values of all settings at one time, and where each comes from.
package struct SettingValues: Sendable {
    /// Where a value comes from; each wins over those before it.
    package enum Origin: Equatable, Sendable {
        case byDefault
        case file(line: Int)
        case environment(variable: String)
    }

    struct Entry: Equatable, Sendable {
        let value: SettingValue
        let origin: Origin
    }

    package let schema: SettingsSchema
    /// Those that do not have their default.
    private(set) var entries: [SettingKey: Entry] = [:]

    /// All defaults.
    package init(schema: SettingsSchema = .standard) { self.schema = schema }

    package subscript<Value>(setting: Setting<Value>) -> Value {
        setting.value(entries[setting.key]?.value ?? setting.definition.defaultValue)
    }

    /// `nil` when there is no such setting.
    package func value(of key: SettingKey) -> SettingValue? {
        entries[key]?.value ?? schema[key]?.defaultValue
    }

    /// `byDefault` also for what is no setting.
    package func origin(of key: SettingKey) -> Origin { entries[key]?.origin ?? .byDefault }

    /// The settings whose values differ from those in `older`, by key.
    package func changes(since older: SettingValues) -> [SettingKey] {
        Set(entries.keys).union(older.entries.keys)
            .filter { value(of: $0) != older.value(of: $0) }.sorted()
    }

    mutating func set(_ key: SettingKey, _ value: SettingValue, _ origin: Origin) {
        entries[key] = Entry(value: value, origin: origin)
    }

    /// All rules that do not hold.
    package var violations: [SettingsRule.Violation] {
        SettingsRule.all.compactMap { $0.violation(in: self) }
    }
}

extension SettingValues.Origin: CustomStringConvertible {
    /// `default`, `file`, `environment`.
    package var description: String {
        switch self {
        case .byDefault: "default"
        case .file: "file"
        case .environment: "environment"
        }
    }
}
