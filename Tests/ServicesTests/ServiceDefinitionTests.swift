import Services
import Testing

@Suite struct ServiceDefinitionTests {
    private let definitions = ServiceDefinition.all

    @Test func `each service is defined once, in the order of the names`() {
        #expect(definitions.map(\.name) == definitions.map(\.name).sorted(by: listed))
        #expect(Set(definitions.map(\.name)) == Set(ServiceName.allCases))
        #expect(definitions.count == ServiceName.allCases.count)
    }

    @Test func `no service needs itself, however far the way`() {
        let byName = Dictionary(uniqueKeysWithValues: definitions.map { ($0.name, $0) })
        for definition in definitions {
            var reached: Set<ServiceName> = []
            var open = definition.dependencies + definition.follows
            while let next = open.popLast() {
                guard reached.insert(next).inserted else { continue }
                open += byName[next]!.dependencies + byName[next]!.follows
            }
            #expect(!reached.contains(definition.name), "\(definition.name)")
        }
    }

    @Test func `what a service needs stands before it in the order of starts`() {
        let order = ServiceGraph().order
        for definition in definitions {
            let place = order.firstIndex(of: definition.name)!
            for name in definition.dependencies + definition.follows {
                #expect(order.firstIndex(of: name)! < place, "\(definition.name) needs \(name)")
            }
        }
    }

    @Test func `the defaults are those of the older program`() {
        let off = definitions.filter { !$0.isEnabledByDefault }.map(\.name.rawValue)
        #expect(
            off == [
                "identity_server", "proxy_server", "bismuth_node", "bismuth_pool", "bismuth_miner",
                "blockchain_authority", "blockchain_explorer", "web_socket_router", "rebuilder",
            ])
    }

    @Test func `a router gives way to who uses routers`() {
        let yielding = definitions.filter { !$0.yieldsTo.isEmpty }
        #expect(yielding.map(\.name) == [.proxyServer])
        #expect(yielding.first?.yieldsTo == [.proxyTransport])
    }

    @Test(arguments: [
        "service_proxy_server", "proxy_server", "proxy-server", "service_proxy_server()",
        "Proxy-Server", "service-proxy-server",
    ])
    func `a service is known by every way of writing its name`(text: String) {
        #expect(ServiceName(text: text) == .proxyServer)
    }

    @Test(arguments: ["", "service_", "proxy", "()", "service_service_supplier", "proxy server"])
    func `what is no service has no name`(text: String) {
        #expect(ServiceName(text: text) == nil)
    }

    @Test func `names of settings have dashes`() {
        #expect(ServiceName.entangledDHT.settingsPath == "services/entangled-dht")
        #expect(ServiceName.entangledDHT.id == "service_entangled_dht")
        for name in ServiceName.allCases { #expect(ServiceName(text: name.id) == name) }
    }

    private func listed(_ left: ServiceName, _ right: ServiceName) -> Bool {
        ServiceName.allCases.firstIndex(of: left)! < ServiceName.allCases.firstIndex(of: right)!
    }
}
