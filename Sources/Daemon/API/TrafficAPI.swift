internal import APIModel
internal import Model
internal import Networking

/// What moves between this node and others now: sessions and the requests that are under way on
/// them. The older product's packets are requests, its streams their payloads, and its transfers
/// those of fragments.
struct TrafficAPI: Sendable {
    let parts: NodeParts

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("connection/list") { await connections($0) }
        table.on("packet/list") { _ in await packets() }
        table.on("packet/stats") { _ in await counts() }
        table.on("stream/list") { await streams($0) }
        table.on("transfer/list") { _ in await transfers() }
        return table
    }

    /// All sessions of this process: others', its own, and those to its suppliers.
    private var sessions: [Session] {
        get async {
            var sessions = await parts.hub.openSessions
            let own =
                await (parts.hub.current?.pool.openSessions ?? []) + parts.openNetworks.sessions
            for session in own where !sessions.contains(where: { $0 === session }) {
                sessions.append(session)
            }
            return sessions
        }
    }

    private func connections(_ request: APIRequest) async -> APIEnvelope {
        let wanted = request.list("protocols")
        let items = await sessions.compactMap { session -> APIValue? in
            let (proto, host) = TrafficAPI.way(session.path)
            guard wanted.isEmpty || wanted.contains(proto) else { return nil }
            return .object(
                names(session).merging([
                    "status": "active", "state": "CONNECTED", "proto": .text(proto),
                    "host": .text("\(host)"), "dialled": .bool(session.isDialled),
                    "bytes_sent": APIValue(Int(clamping: session.sentByteCount)),
                    "bytes_received": APIValue(Int(clamping: session.receivedByteCount)),
                ]) { $1 })
        }
        return .result(.array(items))
    }

    private func packets() async -> APIEnvelope {
        var items: [APIValue] = []
        for session in await sessions {
            let (proto, host) = TrafficAPI.way(session.path)
            for exchange in await session.activity().exchanges {
                items.append(
                    .object(
                        names(session).merging([
                            "direction": exchange.isOwn ? "outgoing" : "incoming",
                            "label": .text(TrafficAPI.label(exchange)),
                            "packet_id": APIValue(Int(exchange.stream)),
                            "target": .text("\(session.peer.userID)"), "proto": .text(proto),
                            "host": .text("\(host)"),
                            "size": APIValue(exchange.sentTotal + exchange.receivedTotal),
                            "bytes_sent": APIValue(exchange.sent),
                            "bytes_received": APIValue(exchange.received),
                        ]) { $1 }))
            }
        }
        return .result(.array(items))
    }

    /// Of the sessions that are open; those of the DHT since it is on.
    private func counts() async -> APIEnvelope {
        var (made, taken, sent, received, count) = (0, 0, 0, 0, 0)
        for session in await sessions {
            let activity = await session.activity()
            made += activity.madeCount
            taken += activity.takenCount
            sent += Int(clamping: session.sentByteCount)
            received += Int(clamping: session.receivedByteCount)
            count += 1
        }
        let dht = await parts.dht.status
        return .result([
            "sessions": APIValue(count),
            "out": ["requests": APIValue(made), "bytes": APIValue(sent)],
            "in": ["requests": APIValue(taken), "bytes": APIValue(received)],
            "dht": [
                "packets_sent": APIValue(dht?.packetsSent ?? 0),
                "packets_received": APIValue(dht?.packetsReceived ?? 0),
            ],
        ])
    }

    private func streams(_ request: APIRequest) async -> APIEnvelope {
        let wanted = request.list("protocols")
        var items: [APIValue] = []
        for session in await sessions {
            let (proto, _) = TrafficAPI.way(session.path)
            guard wanted.isEmpty || wanted.contains(proto) else { continue }
            for exchange in await session.activity().exchanges {
                for (type, moved, total) in [
                    ("out", exchange.sent, exchange.sentTotal),
                    ("in", exchange.received, exchange.receivedTotal),
                ] where total > 0 {
                    items.append(
                        .object(
                            names(session).merging([
                                "proto": .text(proto),
                                "stream_id": APIValue(Int(exchange.stream)), "type": .text(type),
                                "bytes_current": APIValue(moved), "bytes_total": APIValue(total),
                                "progress": .text(
                                    SpaceAPI.percent(UInt64(moved), of: UInt64(total))),
                            ]) { $1 }))
                }
            }
        }
        return .result(.array(items))
    }

    /// Requests of the supplier's protocol, by who is at the other end.
    private func transfers() async -> APIEnvelope {
        var items: [APIValue] = []
        for session in await sessions {
            let exchanges = await session.activity().exchanges.filter {
                SessionHandlers.Magic(of: $0.magic) == RunningSupplier.magic
            }
            guard !exchanges.isEmpty else { continue }
            func list(_ part: [SessionActivity.Exchange]) -> APIValue {
                .array(
                    part.map {
                        [
                            "packet_id": APIValue(Int($0.stream)),
                            "sent": APIValue($0.sent), "to_send": APIValue($0.sentTotal),
                            "received": APIValue($0.received),
                            "to_receive": APIValue($0.receivedTotal),
                        ]
                    })
            }
            items.append(
                .object(
                    names(session).merging([
                        "outgoing": list(exchanges.filter(\.isOwn)),
                        "incoming": list(exchanges.filter { !$0.isOwn }),
                    ]) { $1 }))
        }
        return .result(.array(items))
    }

    private func names(_ session: Session) -> [String: APIValue] {
        parts.hub.known.names(of: session.peer.userID)
    }

    /// Which protocol a request is of: the magic that it begins with, as far as it is text.
    private static func label(_ exchange: SessionActivity.Exchange) -> String {
        let isText = exchange.magic.allSatisfy { (33...126).contains($0) }
        return isText ? String(decoding: exchange.magic, as: UTF8.self) : "unknown"
    }

    /// As the older product calls it, and where the other end of the connection is.
    private static func way(_ path: SessionPath) -> (proto: String, host: Endpoint) {
        switch path {
        case .direct(let endpoint): ("tcp", endpoint)
        case .routed(let router): ("proxy", router)
        }
    }
}
