internal import Model

// Settings whose text stands for hosts, addresses and lists of them. An empty text is `nil` or an
// empty list.

extension Setting<HostName?> {
    static func host(_ key: SettingKey, _ help: String) -> Setting {
        Setting(SettingDefinition(key, .string, .text(""), help, form: .host)) {
            if case .text(let text) = $0 { .some(HostName(text)) } else { nil }
        }
    }
}

extension Setting<IPAddress?> {
    static func address(_ key: SettingKey, _ help: String) -> Setting {
        Setting(SettingDefinition(key, .string, .text(""), help, form: .address)) {
            if case .text(let text) = $0 { .some(IPAddress(text)) } else { nil }
        }
    }
}

extension Setting<KnownNodes> {
    static func knownNodes(_ key: SettingKey, _ help: String) -> Setting {
        Setting(SettingDefinition(key, .string, .text(""), help, form: .knownNodes)) {
            if case .text(let text) = $0 { try? KnownNodes(text) } else { nil }
        }
    }
}

extension Setting<[KnownServer]> {
    static func knownServers(_ key: SettingKey, _ help: String) -> Setting {
        Setting(SettingDefinition(key, .string, .text(""), help, form: .knownServers)) {
            if case .text(let text) = $0 { try? KnownServer.list(text) } else { nil }
        }
    }
}

extension Setting<[String]> {
    static func words(_ key: SettingKey, _ help: String) -> Setting {
        Setting(SettingDefinition(key, .text, .text(""), help, form: .words)) {
            guard case .text(let text) = $0 else { return nil }
            return try? ListText.words(text).map(String.init)
        }
    }
}

extension Setting<String> {
    /// Spans of the day with rates; the limit beside it holds outside of them.
    static func timetable(_ key: SettingKey, _ help: String) -> Setting {
        Setting(SettingDefinition(key, .string, .text(""), help, form: .timetable)) {
            if case .text(let text) = $0 { text } else { nil }
        }
    }
}
