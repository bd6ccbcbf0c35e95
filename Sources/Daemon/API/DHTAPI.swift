internal import APIModel
internal import DHT
internal import Hashing
internal import Model

/// The group `dht`: looking at the DHT by hand. What is written here is signed with a key made from
/// nothing but the name, so anyone can write it again: for tests, as in the older product.
struct DHTAPI: Sendable {
    let parts: NodeParts

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("dht/node/find") { await find($0) }
        table.on("dht/user/random") { await random($0) }
        table.on("dht/value/get") { await get($0) }
        table.on("dht/value/set") { await set($0) }
        table.on("dht/db/dump") { _ in await dump() }
        return table
    }

    private func dump() async -> APIEnvelope {
        guard let node = parts.dht.current else { return .notStarted("entangled_dht") }
        let items = await node.items(atMost: DHTAPI.dumpCountMax)
        return .result(
            .array(
                items.map { item, time in
                    [
                        "key": .text("\(item.target)"), "value": .text(Hex.encode(item.value)),
                        "sequence": item.ownership.map { .integer($0.sequence) } ?? .null,
                        "expires_in": APIValue(time / 1_000_000_000),
                    ]
                }))
    }

    /// An answer stays below 2 MB.
    private static let dumpCountMax = 1000

    private func find(_ request: APIRequest) async -> APIEnvelope {
        guard let status = await parts.dht.status else { return .notStarted("entangled_dht") }
        let text = request.text("dht_id") ?? ""
        guard let target = text.isEmpty ? NodeID(hex: status.id) : NodeID(hex: text) else {
            return .error("dht_id must be 40 hexadecimal digits")
        }
        guard let found = await parts.dht.findNode(target) else {
            return .notStarted("entangled_dht")
        }
        return .ok([
            "my_dht_id": .text(status.id), "lookup": .text("\(target)"),
            "closest_nodes": DHTAPI.nodes(found),
        ])
    }

    private func random(_ request: APIRequest) async -> APIEnvelope {
        guard let target = NodeID(parts.setting.random.bytes(NodeID.byteCount)),
            let found = await parts.dht.findNode(target)
        else { return .notStarted("entangled_dht") }
        let count = min(max(1, request.integer("count") ?? 1), found.count)
        return .result(DHTAPI.nodes(Array(found.prefix(count))))
    }

    private func get(_ request: APIRequest) async -> APIEnvelope {
        let key = request.text("key") ?? ""
        guard let status = await parts.dht.status, let found = await parts.dht.value(of: key) else {
            return .notStarted("entangled_dht")
        }
        guard let bytes = found.bytes, let value = try? APIValue(parsing: bytes) else {
            return .ok([
                "read": "failed", "my_dht_id": .text(status.id), "key": .text(key),
                "closest_nodes": DHTAPI.nodes(found.nearest),
            ])
        }
        return .ok([
            "read": "success", "my_dht_id": .text(status.id), "key": .text(key), "value": value,
        ])
    }

    private func set(_ request: APIRequest) async -> APIEnvelope {
        let key = request.text("key") ?? ""
        guard let value = request.value("value"), value["type"]?.asText != nil else {
            return .error("the value must be an object with a \"type\"")
        }
        if let type = request.text("record_type"), type != value["type"]?.asText {
            return .error("the value's \"type\" must be \(type)")
        }
        guard let status = await parts.dht.status,
            let stored = await parts.dht.setValue(
                of: key, to: value.line, now: parts.setting.time.now)
        else { return .notStarted("entangled_dht") }
        return .ok([
            "write": stored.isStored ? "success" : "failed", "my_dht_id": .text(status.id),
            "key": .text(key), "value": value, "closest_nodes": DHTAPI.nodes(stored.nearest),
        ])
    }

    private static func nodes(_ contacts: [DHT.Contact]) -> APIValue {
        .array(
            contacts.map { ["dht_id": .text("\($0.id)"), "address": .text("\($0.endpoint)")] })
    }
}
