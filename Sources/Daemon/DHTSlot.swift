internal import DHT
internal import Identities
internal import Model
internal import Synchronization

/// The node of the DHT while the service runs, and what the rest of the node asks of it.
final class DHTSlot: Sendable {
    struct Running: Sendable {
        let node: DHTNode
        let port: UInt16
    }

    /// What `network/status` shows.
    struct Status: Sendable {
        var port: UInt16
        var id: String
        var contactCount: Int
        var bucketCount: Int
        var itemCount: Int
        var topicCount: Int
        var bytesReceived: Int
        var bytesSent: Int
        var packetsReceived: Int
        var packetsSent: Int
        var queries: [String: Int]
        var responses: Int
        /// As others see this node.
        var externalAddress: IPAddress?
    }

    private let running = Mutex<Running?>(nil)

    var current: DHTNode? { running.withLock { $0?.node } }

    func fill(_ value: Running?) { running.withLock { $0 = value } }

    /// `nil` while the service is off.
    var status: Status? {
        get async {
            guard let running = running.withLock({ $0 }) else { return nil }
            let found = await running.node.status
            let names = KRPC.Method.allCases.map { "\($0.name)" }
            return Status(
                port: running.port, id: "\(found.id)", contactCount: found.contactCount,
                bucketCount: found.bucketCount, itemCount: found.itemCount,
                topicCount: found.topicCount, bytesReceived: found.counters.bytesReceived,
                bytesSent: found.counters.bytesSent,
                packetsReceived: found.counters.packetsReceived,
                packetsSent: found.counters.packetsSent,
                queries: Dictionary(
                    zip(names, found.counters.queries), uniquingKeysWith: { $0 + $1 }),
                responses: found.counters.responses, externalAddress: nil)
        }
    }

    /// The nodes nearest to `target`; `nil` while the service is off.
    func findNode(_ target: NodeID) async -> [DHT.Contact]? {
        guard case .contacts(let contacts)? = await current?.perform(.findNode(target)) else {
            return nil
        }
        return contacts
    }

    /// Where the documents of an identity are published, as its pointer says.
    func sources(of identity: IdentityPublicKey) async -> [Source] {
        let address = IdentityPointer.address(of: identity)
        guard case .item(let found)? = await current?.perform(.get(address, minimum: 0)),
            let pointer = found.item.flatMap({
                IdentityPointer($0, of: identity, verifier: Ed25519Verifier())
            })
        else { return [] }
        return pointer.sources.compactMap { Source($0) }
    }

    struct Found: Sendable {
        /// `nil` when nobody has it.
        var bytes: [UInt8]?
        var nearest: [DHT.Contact]
    }

    struct Stored: Sendable {
        var isStored: Bool
        var nearest: [DHT.Contact]
    }

    /// A value that anyone may write, by its name.
    func value(of key: String) async -> Found? {
        guard let found = await item(of: key) else { return nil }
        return Found(
            bytes: found.item.flatMap { OpenValue.text(of: $0.value) }, nearest: found.nearest)
    }

    private func item(of key: String) async -> (item: Item?, nearest: [DHT.Contact])? {
        guard let signer = try? OpenValue.key(of: key) else { return nil }
        let address = ItemAddress(key: signer.itemKey, salt: OpenValue.salt)
        guard case .item(let found)? = await current?.perform(.get(address, minimum: 0)) else {
            return nil
        }
        return (found.item, found.nearest)
    }

    func setValue(of key: String, to bytes: [UInt8], now: Timestamp) async -> Stored? {
        let former = await item(of: key)?.item?.ownership?.sequence
        guard let signer = try? OpenValue.key(of: key),
            let item = try? Item(
                value: OpenValue.value(of: bytes), salt: OpenValue.salt,
                sequence: OpenValue.sequence(after: former, at: now), signedBy: signer)
        else { return nil }
        switch await current?.perform(.put(item, expected: nil)) {
        case .stored(let stored):
            return Stored(isStored: stored.copyCount > 0, nearest: stored.nearest)
        case .refused: return Stored(isStored: false, nearest: [])
        default: return nil
        }
    }
}
