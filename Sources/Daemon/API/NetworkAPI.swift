internal import APIModel
internal import Identities
internal import IdentityServers
internal import Model
internal import Networking
internal import Services
internal import Settings
internal import Suppliers

/// The group `network`: how this node is connected, and to which network.
struct NetworkAPI: Sendable {
    let parts: NodeParts

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("network/status") { await status($0) }
        table.on("network/info") { await status($0) }
        table.on("network/configuration") { _ in await configuration() }
        table.on("network/connected") { await connected($0) }
        table.on("network/disconnect") { _ in await disconnect() }
        table.on("network/reconnect") { _ in await reconnect() }
        table.on("network/create") { await create($0) }
        table.on("network/select") { select($0) }
        table.on("network/stun") { _ in await stun() }
        return table
    }

    // MARK: Status

    private func status(_ request: APIRequest) async -> APIEnvelope {
        guard await parts.runner.state(of: .network) == .on else { return .notStarted("network") }
        var fields: [String: APIValue] = [
            "p2p_connector_state": machine("p2p_connector"),
            "network_connector_state": machine("network_connector"), "idurl": .null,
            "global_id": .null,
        ]
        if let document = await parts.identity.document {
            let content = document.content
            fields["idurl"] = .text("\(content.sources[0])")
            fields["global_id"] = .text("\(document.globalID)")
            fields["identity_sources"] = APIValue(content.sources.map(\.description))
            fields["identity_contacts"] = APIValue(content.contacts.map(\.description))
            fields["identity_revision"] = APIValue(content.revision)
        }
        let none: [String: APIValue] = [
            "suppliers": [
                "desired": 0, "requested": 0, "connected": 0, "total": 0, "peers": [],
            ],
            "cache": ["total": 0, "connected": 0, "peers": []],
            "udp": ["sessions": [], "streams": [], "ports": []],
            "proxy": proxy,
        ]
        for (name, value) in none where request.flag(name) { fields[name] = value }
        if request.flag("dht") { fields["dht"] = await dht() }
        if request.flag("customers") { fields["customers"] = await customers() }
        if request.flag("tcp") {
            let sessions = await parts.hub.openSessions.enumerated().map(tcpSession)
            fields["tcp"] = ["sessions": .array(sessions), "streams": []]
        }
        return .ok(.object(fields))
    }

    private func customers() async -> APIValue {
        let connected = Set(await parts.hub.openSessions.map(\.peer.userID))
        let owners = parts.supplier.current?.disks.store.contracts.map(\.owner) ?? []
        let peers: [APIValue] = owners.map { owner in
            .object(
                parts.hub.known.names(of: owner).merging([
                    "state": .text(connected.contains(owner) ? "CONNECTED" : "OFFLINE")
                ]) { $1 })
        }
        return [
            "connected": APIValue(owners.count(where: { connected.contains($0) })),
            "total": APIValue(owners.count), "peers": .array(peers),
        ]
    }

    private func tcpSession(_ index: Int, _ session: Session) -> APIValue {
        .object(
            parts.hub.known.names(of: session.peer.userID).merging([
                "index": APIValue(index), "state": .text("CONNECTED"),
                "address": APIValue(session.peerEndpoint.map { "\($0)" }),
            ]) { $1 })
    }

    /// Routers at which this node waits; on a router what it forwards.
    private var proxy: APIValue {
        let routers = (parts.routing.reachedBy ?? []).map { APIValue.text("\($0)") }
        guard let router = parts.routing.router else { return ["sessions": .array(routers)] }
        let (counts, perDay) = (router.counts, parts.values[RouterSettings.routedPerDay].byteCount)
        let users = router.uses.prefix(Limits.routerUsersTold).map { user, byteCount in
            APIValue.object(
                parts.hub.known.names(of: user).merging([
                    "bytes_today": APIValue(byteCount),
                    "spent": .bool(perDay > 0 && UInt64(byteCount) >= perDay),
                ]) { $1 })
        }
        return [
            "sessions": .array(routers), "waiting": APIValue(counts.waiting),
            "routes": APIValue(counts.joined), "pending": APIValue(counts.pending),
            "closed_routes": APIValue(counts.served - counts.joined),
            "refused": APIValue(counts.refused), "users": .array(users),
        ]
    }

    private func machine(_ id: String) -> APIValue {
        APIValue(parts.registry.entry(id: id)?.state)
    }

    private func dht() async -> APIValue {
        guard let status = await parts.dht.status else { return [:] }
        return [
            "udp_port": APIValue(status.port), "bytes_received": APIValue(status.bytesReceived),
            "bytes_sent": APIValue(status.bytesSent),
            "layers": [
                [
                    "layer_id": 0, "data_store_items": APIValue(status.itemCount),
                    "node_items": APIValue(status.topicCount), "node_id": .text(status.id),
                    "buckets": APIValue(status.bucketCount),
                    "contacts": APIValue(status.contactCount), "attached": true, "active": true,
                    "packets_received": APIValue(status.packetsReceived),
                    "packets_sent": APIValue(status.packetsSent),
                    "rpc_calls": .object(status.queries.mapValues { APIValue($0) }),
                    "rpc_responses": ["answered": APIValue(status.responses)],
                ]
            ],
        ]
    }

    private func configuration() async -> APIEnvelope {
        let current = parts.networks.current
        var value =
            current?.value.asObject
            ?? NetworkDescription(name: "", seeds: [], identityServers: []).value.asObject ?? [:]
        let seeds: [APIValue] = parts.seeds.map {
            ["host": .text("\($0.host)"), "udp_port": APIValue($0.port)]
        }
        value["service_entangled_dht"] = [
            "bucket_size": APIValue(Limits.contactsPerBucket), "known_nodes": .array(seeds),
        ]
        value["service_identity_propagate"] = [
            "known_servers": .array(
                parts.knownServers.map {
                    [
                        "host": .text("\($0.host)"), "http_port": APIValue($0.webPort),
                        "tcp_port": APIValue($0.tcpPort),
                    ]
                }),
            "whitelisted_servers": [],
        ]
        value["current_network"] = .text(parts.networks.currentName)
        return .ok(.object(value))
    }

    // MARK: Connecting

    /// Says OK after the time given when all is well; else at once what is missing.
    private func connected(_ request: APIRequest) async -> APIEnvelope {
        if let error = await obstacle() { return error }
        let seconds = UInt64(clamping: request.integer("wait_timeout") ?? 10)
        try? await parts.setting.sleeper.sleep(nanoseconds: seconds * 1_000_000_000)
        return await obstacle() ?? .ok()
    }

    private func obstacle() async -> APIEnvelope? {
        guard await parts.identity.document != nil else {
            return .error("local identity is not exist", reason: "identity_not_exist")
        }
        for service in [ServiceName.network, .gateway, .entangledDHT, .p2pHookups]
        where await parts.runner.state(of: service) != .on {
            return .error(
                "service_\(service.rawValue)() is not started",
                reason: "service_\(service.rawValue)_disabled")
        }
        return nil
    }

    private func disconnect() async -> APIEnvelope {
        await parts.runner.suspend(.network)
        return .ok()
    }

    private func reconnect() async -> APIEnvelope {
        await parts.runner.suspend(.network, false)
        await parts.runner.restart(.network)
        return .ok(message: "reconnected")
    }

    // MARK: Networks

    private func create(_ request: APIRequest) async -> APIEnvelope {
        do {
            let bytes = try await NetworkSource(http: parts.http).read(request.text("url") ?? "")
            let network = try NetworkDescription(decoding: bytes)
            try parts.networks.keep(network)
            return .ok(network.value, message: "network \(network.name) is known now")
        } catch {
            return .error(NodeProcess.text(error))
        }
    }

    private func select(_ request: APIRequest) -> APIEnvelope {
        do throws(Failure) {
            try parts.networks.select(request.text("name") ?? "")
        } catch {
            return .error(error.message, message: error.cause)
        }
        let parts = parts
        Task {
            for service in [ServiceName.entangledDHT, .identityPropagate, .identityServer] {
                await parts.runner.restart(service)
            }
        }
        return .ok(parts.networks.current?.value ?? [:])
    }

    private func stun() async -> APIEnvelope {
        guard let address = await parts.dht.status?.externalAddress else {
            return .ok(["result": "stun-failed", "type": .null, "ip": .null, "details": []])
        }
        return .ok([
            "result": "stun-success", "type": "unknown", "ip": .text("\(address)"), "details": [],
        ])
    }
}
