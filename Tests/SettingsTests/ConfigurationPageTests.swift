import Settings
import Testing

/// `docs/configuration.md` says what the schema says.
@Suite struct ConfigurationPageTests {
    /// `UPDATE_GOLDEN=1 swift test --filter ConfigurationPageTests` writes it.
    @Test func `the page of the settings is the one that the schema gives`() throws {
        let page = GoldenFile(path: "docs/configuration.md")
        try page.expect(Array(ConfigurationPageTests.text.utf8))
    }

    private static let introduction = """
        # Configuration

        Settings are set by `bitdust set KEY VALUE`, with and without a running node, and take
        effect at once where a node runs. Words behind the key are one value: `bitdust set
        services/supplier/donated-space 50 GB`. `bitdust set list` prints all of them,
        `bitdust get KEY` one. A key may be written without `services/`, or by its short name.

        What differs from the defaults is in the file `settings.conf` of the home
        ([format](formats/settings.md)). A variable of the environment wins over the file: for
        `logs/debug-level` it is `BITDUST_SETTING_LOGS_DEBUG_LEVEL`, and so for the others.

        - Sizes have units in powers of 1024: `50 GB` is 53687091200 bytes. Also `20GB`, `250Mb`.
        - Switches are `true` or `false`; `1`, `on`, `yes` and `0`, `off`, `no` mean the same.
        - `services/proxy-server/enabled` and `services/proxy-transport/enabled` are never both
          true: set the one to false first. `min-servers` is never above `max-servers`,
          `min-connections` never above `max-connections`. What breaks such a rule is refused.

        This page is made from the program by a test; do not edit it.

        """

    static var text: String {
        var text = introduction
        var section = ""
        for definition in SettingsSchema.standard.definitions where !definition.isSwitch {
            let folder = definition.key.parts.dropLast().joined(separator: "/")
            if folder != section {
                section = folder
                text += "\n## \(folder)\n\n| key | type | default | what |\n|---|---|---|---|\n"
            }
            text += row(definition)
        }
        text += "\n## Switches of services\n\n| key | default | what |\n|---|---|---|\n"
        for definition in SettingsSchema.standard.definitions where definition.isSwitch {
            text += "| `\(definition.key)` | \(definition.defaultValue) | \(definition.help) |\n"
        }
        text += "\n## Short names\n\n| name | key |\n|---|---|\n"
        for (name, path) in SettingsSchema.standard.usableShortNames {
            text += "| `\(name)` | `\(path)` |\n"
        }
        return text
    }

    private static func row(_ definition: SettingDefinition) -> String {
        let value = definition.defaultValue.description
        let shown = value.isEmpty ? "" : "`\(value)`"
        return
            "| `\(definition.key.name)` | \(type(definition)) | \(shown) | \(definition.help) |\n"
    }

    private static func type(_ definition: SettingDefinition) -> String {
        let name = definition.type.rawValue
        switch (definition.type, definition.minimum, definition.maximum) {
        case (.selection, _, _): return "\(name): \(definition.choices.joined(separator: ", "))"
        case (.portNumber, _, _): return name
        case (_, let low?, let high?): return "\(name), \(low) to \(high)"
        case (_, let low?, nil): return "\(name), at least \(low)"
        default: return name
        }
    }
}
