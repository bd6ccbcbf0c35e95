package import Model

/// Who announced itself under which topic (BEP 5: torrent; here: a role in a network), for half an
/// hour after each announcement.
package struct PeerStore: Sendable {
    private struct Peer: Sendable {
        let endpoint: Endpoint
        var expires: UInt64
    }

    static let lifetime: UInt64 = 30 * 60 * 1_000_000_000

    /// A full store looks for what has expired no oftener.
    private static let sweepInterval: UInt64 = 10_000_000_000

    private var topics: [NodeID: [Peer]] = [:]
    private var nextSweep: UInt64 = 0

    package init() {}

    package var topicCount: Int { topics.count }

    /// The peers of a topic, in the order in which they came.
    package func peers(of topic: NodeID, now: UInt64) -> [Endpoint] {
        guard let peers = topics[topic] else { return [] }
        return peers.lazy.filter { $0.expires > now }.map(\.endpoint)
    }

    /// `false` when there is no room for the topic, or for one more of that address range.
    package mutating func announce(_ endpoint: Endpoint, topic: NodeID, now: UInt64) -> Bool {
        let expires = now + PeerStore.lifetime
        if topics[topic] == nil, topics.count >= Limits.peerTopicCountMax {
            if nextSweep <= now {
                expire(now: now)
                nextSweep = now + PeerStore.sweepInterval
            }
            guard topics.count < Limits.peerTopicCountMax else { return false }
        }
        var peers = topics.removeValue(forKey: topic) ?? []
        peers.removeAll { $0.expires <= now }
        defer { topics[topic] = peers.isEmpty ? nil : peers }
        if let index = peers.firstIndex(where: { $0.endpoint == endpoint }) {
            peers[index].expires = expires
            return true
        }
        guard PeerStore.hasRoom(for: endpoint.address, among: peers) else { return false }
        peers.append(Peer(endpoint: endpoint, expires: expires))
        return true
    }

    private static func hasRoom(for address: IPAddress, among peers: [Peer]) -> Bool {
        guard peers.count < Limits.peersPerTopicMax else { return false }
        if address.isLocal { return true }
        let range = address.range
        return peers.lazy.filter { $0.endpoint.address.range == range }.count
            < Limits.peersPerRangeInTopic
    }

    package mutating func expire(now: UInt64) {
        if topics.isEmpty { return }
        topics = topics.compactMapValues { peers in
            let alive = peers.filter { $0.expires > now }
            return alive.isEmpty ? nil : alive
        }
    }
}
