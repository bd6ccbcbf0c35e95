internal import DHT
internal import Identities
internal import Model
internal import Networking
internal import Synchronization

/// Whether nodes of the DHT answer a ping: one datagram to each, two more where one gets lost.
struct SeedProbe: Sendable {
    let threads: NetworkThreads
    let random: any RandomSource
    let sleeper: any Sleeper

    /// - Returns: the endpoints that answered.
    func answering(_ endpoints: [Endpoint]) async throws(NetworkError) -> Set<Endpoint> {
        let heard = Mutex<Set<Endpoint>>([])
        let port = try await UDPPort.open(
            at: Endpoint(.v4(0), port: 0), threads: threads
        ) { arrived in
            heard.withLock { set in for datagram in arrived { set.insert(datagram.peer) } }
        }
        let ping = ping
        for _ in 0..<3 {
            for endpoint in endpoints where !heard.withLock({ $0.contains(endpoint) }) {
                port.send(ping, to: endpoint)
            }
            for _ in 0..<10 {
                if heard.withLock({ $0.isSuperset(of: endpoints) }) { break }
                try? await sleeper.sleep(nanoseconds: 50_000_000)
            }
        }
        await port.close()
        return heard.withLock { $0 }
    }

    /// `ping` of BEP 5, marked read-only (BEP 43): who asks is no node.
    private var ping: [UInt8] {
        var writer = BencodeWriter()
        writer.beginDictionary()
        writer.text("a")
        writer.beginDictionary()
        writer.text("id")
        writer.string(random.bytes(NodeID.byteCount))
        writer.end()
        writer.text("q")
        writer.text("ping")
        writer.text("ro")
        writer.integer(1)
        writer.text("t")
        writer.text("bd")
        writer.text("y")
        writer.text("q")
        writer.end()
        return writer.bytes
    }
}
