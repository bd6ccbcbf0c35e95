package import Services

/// The switches of the services: `services/<x>/enabled`.
package enum ServiceSettings {
    package static func enabled(_ name: ServiceName) -> Setting<Bool> { switches[name]! }

    /// Which services are switched on.
    package static func enabled(in values: SettingValues) -> [ServiceName: Bool] {
        switches.mapValues { values[$0] }
    }

    private static let switches: [ServiceName: Setting<Bool>] = Dictionary(
        uniqueKeysWithValues: ServiceDefinition.all.map { service in
            let key = SettingKey(service.name.settingsPath + "/enabled")!
            return (service.name, .boolean(key, service.isEnabledByDefault, service.summary))
        })

    static let all = ServiceName.allCases.map { enabled($0).definition }
}
