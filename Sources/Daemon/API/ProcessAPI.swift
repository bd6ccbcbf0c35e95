internal import APIModel
internal import Model
internal import Services
internal import Settings

/// The group `process`: this process and what is in it.
struct ProcessAPI: Sendable {
    let parts: NodeParts

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("process/stop") { _ in
            parts.end(.stop)
            return .ok()
        }
        table.on("process/restart") { _ in
            parts.end(.restart)
            return .ok(["restarted": true])
        }
        table.on("process/info") { _ in await info() }
        return table
    }

    private func info() async -> APIEnvelope {
        let document = await parts.identity.document
        let status = await parts.dht.status
        let states = parts.registry.entries
        let running = states.count { $0.id.hasPrefix("service_") && $0.state == "ON" }
        return .ok([
            "config": ["options": APIValue(parts.values.items.count)],
            "identity": ["ready": .bool(document != nil), "cache": 0],
            "contact": ["active": 0, "correspondents": 0, "customers": 0, "suppliers_hired": 0],
            "service": ["active": APIValue(running)],
            "key": ["registered": APIValue(document == nil ? 0 : 1)],
            "dht": [
                "bytes_in": APIValue(status?.bytesReceived ?? 0),
                "bytes_out": APIValue(status?.bytesSent ?? 0),
            ],
            "automats": ["active": APIValue(states.count)],
        ])
    }
}
