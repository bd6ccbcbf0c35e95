internal import DHT
internal import Identities
internal import Logging
internal import Model
internal import Networking
internal import Services
internal import Settings

/// The node of the DHT: its port, the nodes by which it joins, what it remembers between runs.
actor DHTService: ServiceBody {
    private let parts: NodeParts
    private let log: Logger
    private var node: DHTNode?
    /// Repeats what commands have left to be said.
    private var repeating: Task<Void, Never>?

    init(parts: NodeParts) {
        self.parts = parts
        log = parts.logs.logger("dht")
    }

    private var contactsFile: String { "\(parts.home.path)/dht-contacts" }

    func start() async throws {
        let values = parts.values
        let node = DHTNode(
            configuration: configuration(values), saved: saved, verifier: Ed25519Verifier(),
            time: parts.setting.time, sleeper: parts.setting.sleeper,
            random: parts.setting.random, listeners: listeners)
        let endpoint = parts.listenEndpoint(port: values[DHTSettings.udpPort])
        let port: UDPPort
        do throws(NetworkError) {
            port = try await UDPPort.open(at: endpoint, threads: parts.threads) {
                node.arrived($0)
            }
        } catch {
            throw PortFailure.explain(error, .udp)
        }
        let known = await parts.seedEndpoints()
        await node.start(port: port, known: known)
        self.node = node
        parts.dht.fill(DHTSlot.Running(node: node, port: port.localEndpoint.port))
        repeating = Task { [parts] in await DHTService.repeatPointers(parts, node) }
        log.info("listening at \(port.localEndpoint), \(known.count) known nodes")
    }

    /// Publishes the pointers that were left in the home, and each newer one.
    private static func repeatPointers(_ parts: NodeParts, _ node: DHTNode) async {
        var last: [PointerItem.Kind: Item] = [:]
        repeat {
            for kind in PointerItem.Kind.allCases {
                let bytes = (try? HomeFile.readIfThere(kind.path(parts.home), limit: 4096)) ?? nil
                guard let bytes, let pointer = try? PointerItem(decoding: bytes, kind: kind),
                    pointer.item != last[kind]
                else { continue }
                last[kind] = pointer.item
                _ = await node.perform(.publish(pointer.item))
            }
        } while (try? await parts.setting.sleeper.sleep(nanoseconds: Limits.pointerInterval)) != nil
    }

    func stop() async {
        parts.dht.fill(nil)
        repeating?.cancel()
        repeating = nil
        guard let node else { return }
        self.node = nil
        save(await node.stop())
    }

    private func configuration(_ values: SettingValues) -> DHTConfiguration {
        var configuration = DHTConfiguration()
        configuration.externalAddress = values[NetworkSettings.externalAddress]
        switch values[NetworkSettings.privateAddresses] {
        case "allow": configuration.localAddresses = .accepted
        case "refuse": configuration.localAddresses = .refused
        default: configuration.localAddresses = .fromLocalNodes
        }
        return configuration
    }

    private var saved: SavedContacts? {
        guard let bytes = try? HomeFile.readIfThere(contactsFile, limit: 128 << 10) else {
            return nil
        }
        return try? SavedContacts(decoding: bytes)
    }

    private nonisolated func save(_ contacts: SavedContacts) {
        do {
            try HomeFile.write(contacts.encoded, to: "\(parts.home.path)/dht-contacts")
        } catch {
            log.warning("contacts not saved: \(NodeProcess.text(error))")
        }
    }

    private var listeners: DHTNode.Listeners {
        var listeners = DHTNode.Listeners()
        let parts = parts
        listeners.save = { [weak self] in self?.save($0) }
        listeners.resolveKnownNodes = { await parts.seedEndpoints() }
        return listeners
    }
}

extension NodeParts {
    /// The nodes by which the DHT is entered.
    var seeds: [NetworkDescription.Seed] {
        SeedList(values: values, network: networks.current).seeds
    }

    /// Where the seeds are now; those whose names cannot be found are left out.
    func seedEndpoints() async -> [Endpoint] {
        let list = SeedList(values: values, network: networks.current)
        var endpoints: [Endpoint] = []
        for seed in list.seeds { endpoints += await list.endpoints(of: seed, resolver) }
        return endpoints
    }
}
