/// A value that any interface can print: what a field of a `SettingItem` holds.
package enum PlainValue: Equatable, Sendable {
    case boolean(Bool)
    case integer(Int)
    case decimal(Double)
    case text(String)
    case list([PlainValue])

    init(_ value: SettingValue) {
        switch value {
        case .boolean(let value): self = .boolean(value)
        case .integer(let value): self = .integer(value)
        case .decimal(let value): self = .decimal(value)
        case .diskSpace(let value): self = .text("\(value)")
        case .text(let value): self = .text(value)
        }
    }
}

/// One setting as the REST interface and `bitdust set list` show it.
package struct SettingItem: Equatable, Sendable {
    package let key: SettingKey
    package let value: SettingValue
    package let type: SettingType
    package let label: String
    package let isReadonly: Bool
    package let defaultValue: SettingValue
    package let info: String
    package let minimum: SettingValue?
    package let maximum: SettingValue?
    package let possibleValues: [String]
    package let origin: SettingValues.Origin

    /// The fields of the item: `key`, `value`, `type`, `label`, `readonly`, `default`, `origin`,
    /// and with `includingInfo` what there is of `info`, `min`, `max` and `possible_values`.
    package func fields(includingInfo: Bool = true) -> [(name: String, value: PlainValue)] {
        var fields: [(name: String, value: PlainValue)] = [
            ("key", .text(key.path)), ("value", PlainValue(value)), ("type", .text(type.rawValue)),
            ("label", .text(label)), ("readonly", .boolean(isReadonly)),
            ("default", PlainValue(defaultValue)), ("origin", .text("\(origin)")),
        ]
        guard includingInfo else { return fields }
        fields.append(("info", .text(info)))
        if let minimum { fields.append(("min", PlainValue(minimum))) }
        if let maximum { fields.append(("max", PlainValue(maximum))) }
        if !possibleValues.isEmpty {
            fields.append(("possible_values", .list(possibleValues.map { .text($0) })))
        }
        return fields
    }
}

/// What is in a folder of settings.
package enum SettingsChild: Equatable, Sendable {
    case item(SettingItem)
    case folder(key: String, childCount: Int)
}

extension SettingValues {
    /// `nil` when there is no such setting.
    package func item(_ key: SettingKey) -> SettingItem? {
        schema[key].map { definition in
            // What the environment says cannot be changed by setting it.
            let isReadonly = if case .environment = origin(of: key) { true } else { false }
            return SettingItem(
                key: key, value: value(of: key)!, type: definition.type, label: definition.label,
                isReadonly: isReadonly, defaultValue: definition.defaultValue,
                info: definition.help, minimum: definition.minimum, maximum: definition.maximum,
                possibleValues: definition.choices, origin: origin(of: key))
        }
    }

    /// All settings, by key.
    package var items: [SettingItem] { schema.definitions.compactMap { item($0.key) } }

    /// What a folder holds, `enabled` first, then its folders; empty when there is none.
    package func children(of path: String) -> [SettingsChild] {
        schema.children(of: path).compactMap { child in
            switch child {
            case .setting(let definition): item(definition.key).map { .item($0) }
            case .folder(let path, let count): .folder(key: path, childCount: count)
            }
        }
    }
}
