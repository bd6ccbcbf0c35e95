package import Model
internal import Services

/// The settings of a machine that is a node of the DHT and nothing else.
package enum SeedRole {
    private static let needed: Set<ServiceName> = [
        .network, .udpDatagrams, .entangledDHT, .myIPPort, .ipPortResponder,
    ]

    package static func apply(to home: NodeHome, setting: NodeSetting) throws(Failure) {
        let configuration = try NodeConfiguration(home: home, environment: setting.environment)
        try configuration.set(
            ServiceName.allCases.map { name in
                (name: "\(name.settingsPath)/enabled", text: "\(needed.contains(name))")
            })
    }
}
