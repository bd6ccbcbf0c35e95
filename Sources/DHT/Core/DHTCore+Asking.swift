internal import Identities
internal import Model

extension DHTCore {
    /// The arguments of a query beside our id.
    struct Arguments {
        var target: NodeID?
        var token: [UInt8] = []
        /// `nil`: the port that the datagram comes from.
        var port: UInt16?
        var item: Item?
        var expectedSequence: Int64?

        init(target: NodeID? = nil) {
            self.target = target
        }
    }

    /// Sends a query and notes it; `false` when too many are under way.
    @discardableResult
    mutating func ask(
        _ method: KRPC.Method, _ arguments: Arguments = Arguments(), of endpoint: Endpoint,
        expecting expected: NodeID?, purpose: PendingQueries.Purpose
    ) -> Bool {
        let nonce = UInt32(truncatingIfNeeded: random.next())
        guard
            let transaction = pending.add(
                purpose, to: endpoint, expecting: expected, nonce: nonce, now: now)
        else { return false }
        send(encode(method, arguments, transaction: transaction), to: endpoint)
        return true
    }

    private func encode(
        _ method: KRPC.Method, _ arguments: Arguments, transaction: UInt64
    ) -> [UInt8] {
        var writer = BencodeWriter(reserving: 256 + (arguments.item?.value.count ?? 0))
        writer.beginDictionary()
        writer.text("a")
        writer.beginDictionary()
        switch method {
        case .ping: encodeOwnID(&writer)
        case .findNode, .get:
            encodeOwnID(&writer)
            encode(arguments.target, as: "target", &writer)
        case .getPeers:
            encodeOwnID(&writer)
            encode(arguments.target, as: "info_hash", &writer)
        case .announcePeer: encodeAnnouncement(arguments, &writer)
        case .put: encodePut(arguments, &writer)
        }
        writer.end()
        writer.text("q")
        writer.text(method.name)
        writer.text("t")
        writer.count(KRPC.transactionLength)
        writer.transaction(raw: transaction)
        writer.text("v")
        writer.text(KRPC.version)
        writer.text("y")
        writer.text("q")
        pad(&writer, to: DHTCore.paddedLength(of: method))
        writer.end()
        return writer.bytes
    }

    private func encodeOwnID(_ writer: inout BencodeWriter) {
        writer.text("id")
        writer.id(id)
    }

    private func encode(
        _ target: NodeID?, as name: StaticString, _ writer: inout BencodeWriter
    ) {
        guard let target else { return }
        writer.text(name)
        writer.id(target)
    }

    private func encodeAnnouncement(_ arguments: Arguments, _ writer: inout BencodeWriter) {
        encodeOwnID(&writer)
        writer.text("implied_port")
        writer.integer(arguments.port == nil ? 1 : 0)
        encode(arguments.target, as: "info_hash", &writer)
        writer.text("port")
        writer.integer(Int64(arguments.port ?? 0))
        writer.text("token")
        writer.string(arguments.token)
    }

    private func encodePut(_ arguments: Arguments, _ writer: inout BencodeWriter) {
        if let expected = arguments.expectedSequence {
            writer.text("cas")
            writer.integer(expected)
        }
        encodeOwnID(&writer)
        guard let item = arguments.item else { return }
        if let ownership = item.ownership {
            writer.text("k")
            writer.string(ownership.key.array)
            if !ownership.salt.isEmpty {
                writer.text("salt")
                writer.string(ownership.salt)
            }
            writer.text("seq")
            writer.integer(ownership.sequence)
            writer.text("sig")
            writer.string(ownership.signature.array)
        }
        writer.text("token")
        writer.string(arguments.token)
        writer.text("v")
        writer.raw(item.value)
    }

    /// A query must be at least half as long as what it asks for: a node that does not know us
    /// answers with twice its length and no more.
    private static func paddedLength(of method: KRPC.Method) -> Int {
        switch method {
        case .ping: 80
        case .findNode, .getPeers, .get: Limits.paddedQueryLength
        case .announcePeer, .put: 0
        }
    }

    /// Adds a key `z` of zeros, last in the outermost dictionary.
    private func pad(_ writer: inout BencodeWriter, to length: Int) {
        let around = 3 + 4 + 1
        let count = length - writer.bytes.count - around
        guard count > 0 else { return }
        writer.text("z")
        writer.string([UInt8](repeating: 0, count: count))
    }
}
