import Model
import Services
import Settings
import Testing

@Suite struct SettingsSchemaTests {
    private let schema = SettingsSchema.standard

    @Test func `each default keeps to the limits of its own setting`() throws {
        for definition in schema.definitions {
            let value = try definition.value(of: definition.defaultValue.description)
            #expect(value == definition.defaultValue, "\(definition.key)")
        }
    }

    @Test func `typed settings read their defaults`() {
        let values = SettingValues()
        #expect(values[InterfaceSettings.restPort] == 8180)
        #expect(values[InterfaceSettings.webSocketPort] == 8280)
        #expect(values[DHTSettings.udpPort] == 14441)
        #expect(values[DHTSettings.knownNodes] == .ofNetwork)
        #expect(values[NetworkSettings.tcpPort] == 7771)
        #expect(values[NetworkSettings.listenAddress] == nil)
        #expect(values[IdentitySettings.serverWebPort] == 8084)
        #expect(values[IdentitySettings.serverTCPPort] == 6661)
        #expect(values[IdentitySettings.serverHost] == nil)
        #expect(values[IdentitySettings.knownServers].isEmpty)
        #expect(values[IdentitySettings.minServers] == 2)
        #expect(values[IdentitySettings.maxServers] == 5)
        #expect(values[SupplierSettings.donatedSpace] == .gigabytes(8))
        #expect(values[SupplierSettings.raiseFactor] == 2)
        #expect(values[CustomerSettings.suppliersNumber] == "2")
        #expect(values[CustomerSettings.candidates] == [])
        #expect(values[ServiceSettings.enabled(.proxyTransport)])
        #expect(!values[ServiceSettings.enabled(.proxyServer)])
    }

    @Test func `each service has its switch, with the service's default`() {
        let enabled = ServiceSettings.enabled(in: SettingValues())
        #expect(enabled.count == ServiceName.allCases.count)
        for service in ServiceDefinition.all {
            #expect(enabled[service.name] == service.isEnabledByDefault)
            let key = ServiceSettings.enabled(service.name).key
            #expect(schema[key]?.isSwitch == true)
            #expect(schema[key]?.service == service.name)
        }
        #expect(schema["services/entangled-dht/udp-port"]?.service == .entangledDHT)
        #expect(schema["services/entangled-dht/udp-port"]?.isSwitch == false)
        #expect(schema["interface/api/rest-http-enabled"]?.service == nil)
    }

    @Test func `every setting below services belongs to a service`() {
        for definition in schema.definitions where definition.key.path.hasPrefix("services/") {
            #expect(definition.service != nil, "\(definition.key)")
        }
    }

    @Test func `help is one line, without a full stop`() {
        for definition in schema.definitions {
            let help = definition.help
            #expect(!help.isEmpty && help.utf8.count <= 200 && !help.contains("\n"))
            #expect(
                help.last != "." && help.first?.isUppercase != true || help.hasPrefix("TCP")
                    || help.hasPrefix("UDP") || help.hasPrefix("REST")
                    || help.hasPrefix("WebSocket"))
        }
    }

    @Test func `variables of the environment differ`() {
        let names = schema.definitions.map { $0.key.path.replacing("-", with: "/") }
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: [
        ("services/supplier/donated-space", "services/supplier/donated-space"),
        ("/services/supplier/donated-space/", "services/supplier/donated-space"),
        ("supplier/donated-space", "services/supplier/donated-space"),
        ("donated", "services/supplier/donated-space"),
        ("given", "services/supplier/donated-space"),
        ("shared", "services/supplier/donated-space"), ("needed", "services/customer/needed-space"),
        ("suppliers", "services/customer/suppliers-number"), ("debug", "logs/debug-level"),
        ("tcp-port", "services/tcp-connections/tcp-port"),
        ("dht-port", "services/entangled-dht/udp-port"),
        ("limit-send", "services/network/send-limit"),
        ("limit-receive", "services/network/receive-limit"),
        ("proxy", "services/proxy-transport/enabled"), ("tcp", "services/tcp-transport/enabled"),
        ("copies", "services/backups/max-copies"),
    ])
    func `settings are found by key and by short name`(name: String, path: String) throws {
        #expect(try schema.definition(named: name).key.path == path)
    }

    @Test(arguments: [
        ("services/supplier/donated-spase", "services/supplier/donated-space"),
        ("services/suplier/enabled", "services/supplier/enabled"),
        ("donated-space", "services/supplier/donated-space"),
        ("services/entangled_dht/udp_port", "services/entangled-dht/udp-port"),
        ("services/identity-propogate/known-servers", "services/identity-propagate/known-servers"),
        ("known-nodez", "services/entangled-dht/known-nodes"),
        ("services/proxy-sever/enabled", "services/proxy-server/enabled"),
        ("donatde", "services/supplier/donated-space"),
        ("SERVICES/SUPPLIER/ENABLED", "services/supplier/enabled"),
    ])
    func `a mistyped key gets the right one proposed`(name: String, nearest: String) {
        #expect(throws: SettingsError.unknownKey(name, nearest: nearest, reason: nil)) {
            try schema.definition(named: name)
        }
    }

    @Test(arguments: ["", "x", "colour", "services/fridge/temperature-of-the-milk"])
    func `nothing is proposed for what is far from everything`(name: String) {
        let error = #expect(throws: SettingsError.self) { try schema.definition(named: name) }
        if name.isEmpty {
            #expect(error == .folder(""))
        } else {
            #expect(error == .unknownKey(name, nearest: nil, reason: nil))
        }
    }

    @Test func `a very long name costs no time`() {
        let name = String(repeating: "donated-space/", count: 100_000)
        #expect(throws: SettingsError.self) { try schema.definition(named: name) }
    }

    @Test(arguments: [
        "personal/private-key-size", "block-size", "udp-port", "weblog",
        "services/udp-transport/enabled", "network/proxy/host",
    ])
    func `a key of the older program is refused with the reason`(name: String) {
        let error = #expect(throws: SettingsError.self) { try schema.definition(named: name) }
        guard case .unknownKey(name, nil, let reason?) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test func `a folder is not a setting`() {
        #expect(throws: SettingsError.folder("services/supplier")) {
            try schema.definition(named: "services/supplier")
        }
    }

    @Test func `a folder lists its settings, enabled first, then its folders`() {
        let children = SettingValues().children(of: "services/identity-server")
        let keys = children.compactMap { child -> String? in
            if case .item(let item) = child { item.key.path } else { nil }
        }
        #expect(
            keys
                == ["enabled", "host", "idle-days", "tcp-port", "web-port"].map {
                    "services/identity-server/\($0)"
                })
        let root = SettingValues().children(of: "")
        let folders = root.compactMap { child -> String? in
            if case .folder(let key, _) = child { key } else { nil }
        }
        #expect(folders == ["interface", "logs", "paths", "services"])
        #expect(
            SettingValues().children(of: "interface") == [
                .folder(key: "interface/api", childCount: 5)
            ])
        #expect(SettingValues().children(of: "nothing").isEmpty)
    }

    @Test func `keys are paths of small letters`() {
        for good in ["a", "a/b-c/d1", "services/p2p-hookups/enabled"] {
            #expect(SettingKey(good)?.path == good)
        }
        for bad in [
            "", "/", "a/", "/a", "a//b", "A", "a_b", "-a", "a-", "a b", "é", "a/b/c/d/e/f/g",
            String(repeating: "a", count: 129),
        ] {
            #expect(SettingKey(bad) == nil, "\(bad)")
        }
    }

    @Test func `an item has the fields of the REST interface`() throws {
        let item = try #require(SettingValues().item("services/supplier/donated-space"))
        let fields = item.fields().map(\.name)
        #expect(
            fields == [
                "key", "value", "type", "label", "readonly", "default", "origin", "info", "min",
            ])
        let values = Dictionary(uniqueKeysWithValues: item.fields().map { ($0.name, $0.value) })
        #expect(values["value"] == .text("8 GB"))
        #expect(values["type"] == .text("disk space"))
        #expect(values["label"] == .text("donated space"))
        #expect(values["readonly"] == .boolean(false))
        #expect(values["min"] == .text("64 MB"))
        #expect(values["origin"] == .text("default"))
        let number = try #require(SettingValues().item("services/customer/suppliers-number"))
        let choices = number.fields().first { $0.name == "possible_values" }?.value
        #expect(choices == .list(["2", "4", "7", "13", "18", "26", "64"].map { .text($0) }))
        #expect(number.fields(includingInfo: false).map(\.name).contains("info") == false)
    }
}
