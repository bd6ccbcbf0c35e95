package import Model

/// Why settings cannot be read or changed.
package enum SettingsError: Error, Equatable, Sendable {
    /// There is no such setting; `reason` says why when the older program had it.
    case unknownKey(String, nearest: String?, reason: String?)
    /// The key names a folder of settings.
    case folder(String)
    case badValue(SettingKey, text: String, SettingValueError)
    case rule(SettingsRule.Violation)
    case file(SettingsFileError)
    case disk(SettingsDiskError)
    /// Another process holds the lock for longer than `Limits.settingsLockTime`.
    case busy
    /// The change is in the file, but may be lost when the power fails now.
    case notDurable(SettingsDiskError)
}

extension Failure {
    package init(_ error: SettingsError) {
        switch error {
        case .unknownKey(let name, let nearest, let reason):
            self.init(
                "BD-SETTING-UNKNOWN", .usage, "option \(shown(name)) does not exist", cause: reason,
                remedy: nearest.map { "did you mean \($0)?" }
                    ?? "see all with: bitdust set list")
        case .folder(let path):
            self.init(
                "BD-SETTING-FOLDER", .usage, "\(shown(path)) is a folder of settings",
                remedy: "name one of them; see all with: bitdust set list")
        case .badValue(let key, let text, let problem):
            self.init(
                "BD-SETTING-VALUE", .usage, "\(key) cannot be “\(shown(text))”",
                cause: "it must be \(problem)", remedy: "nothing was changed")
        case .rule(let violation):
            self.init(
                "BD-SETTING-RULE", .usage, violation.message, cause: violation.cause,
                remedy: violation.remedy)
        case .file(let error):
            self.init(
                "BD-SETTINGS-FILE", .badConfiguration,
                "settings.conf, line \(error.line), column \(error.column): \(error.problem)",
                remedy: "mend that line, or move the file aside to begin with the defaults")
        case .disk(let error):
            self.init(
                "BD-SETTINGS-DISK", .inputOutput, "the settings cannot be \(error.outcome)",
                cause: error.reason, remedy: "nothing was changed; check the disk and permissions")
        case .busy:
            self.init(
                "BD-SETTINGS-BUSY", .busy, "another process is changing the settings",
                remedy: "try again")
        case .notDurable(let error):
            self.init(
                "BD-SETTINGS-NOT-DURABLE", .inputOutput,
                "the settings are changed, but the disk did not confirm it", cause: error.reason,
                remedy: "check the disk")
        }
    }
}

/// At most 60 letters of what someone typed, on one line.
private func shown(_ text: String) -> String {
    let short = text.count > 60 ? text.prefix(60) + "..." : text[...]
    return displayText(short.utf8)
}
