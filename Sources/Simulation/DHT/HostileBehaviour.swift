internal import DHT
internal import Model

/// What a hostile node does with the queries of others. It answers pings, so that it stays in their
/// tables, and joins like everybody.
package enum HostileBehaviour: CaseIterable, Sendable {
    /// Answers nothing but pings.
    case drop
    /// Names the hostile nodes that are nearest to the target, says that it stored, and has
    /// nothing.
    case collude
    /// Names nodes that do not exist, nearer to the target than any that do.
    case junk
    /// Colludes, and hands out items with wrong signatures and of later sequence.
    case lie
}

/// All hostile nodes know one another.
struct Conspiracy {
    private var members: [Contact] = []

    mutating func add(_ contact: Contact) {
        members.append(contact)
        members.sort { $0.id < $1.id }
    }

    /// About the nearest eight: those around where the target would stand.
    func nearest(to target: NodeID) -> [Contact] {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle].id < target { low = middle + 1 } else { high = middle }
        }
        let around = members[max(0, low - 12)..<min(members.count, low + 12)]
        return Array(
            around.sorted { $0.id.isCloser(than: $1.id, to: target) }.prefix(8))
    }

    /// The reply of a hostile node, or `nil` when it gives none.
    func reply(
        to message: KRPCMessage, by own: NodeID, _ behaviour: HostileBehaviour, noise: UInt64
    ) -> [UInt8]? {
        guard behaviour != .drop else { return nil }
        let target = message.target ?? own
        let contacts =
            behaviour == .junk
            ? Conspiracy.invented(near: target, noise: noise) : nearest(to: target)
        var writer = BencodeWriter(reserving: 400)
        writer.beginDictionary()
        writer.text("r")
        writer.beginDictionary()
        writer.text("id")
        writer.id(own)
        let lies = behaviour == .lie && message.kind == .query(.get)
        if lies {
            writer.text("k")
            writer.string([UInt8](repeating: 7, count: 32))
        }
        writer.text("nodes")
        writer.string(contacts.flatMap(Conspiracy.compact))
        if lies {
            writer.text("seq")
            writer.integer(1 << 40)
            writer.text("sig")
            writer.string([UInt8](repeating: 9, count: 64))
        }
        writer.text("token")
        writer.string([UInt8](repeating: 1, count: 8))
        if lies {
            writer.text("v")
            writer.text("forged")
        }
        writer.end()
        writer.text("t")
        writer.string(Array(message.bytes[message.transaction]))
        writer.text("y")
        writer.text("r")
        writer.end()
        return writer.bytes
    }

    private static func compact(_ contact: Contact) -> [UInt8] {
        let port = contact.endpoint.port
        return contact.id.bytes + contact.endpoint.address.bytes
            + [UInt8(port >> 8), UInt8(port & 255)]
    }

    /// Ids that share 60 bits with the target, at addresses where nobody is.
    private static func invented(near target: NodeID, noise: UInt64) -> [Contact] {
        (0..<8 as Range<UInt8>).compactMap { number in
            var bytes = target.bytes
            for index in 8..<20 { bytes[index] = UInt8(truncatingIfNeeded: noise >> 8) &+ number }
            let address = UInt32(96 << 24) | UInt32(truncatingIfNeeded: noise) >> 8
            return NodeID(bytes).map {
                Contact(
                    id: $0,
                    endpoint: Endpoint(.v4(address &+ UInt32(number) << 8), port: 14441))
            }
        }
    }
}
