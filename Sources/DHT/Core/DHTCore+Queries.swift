internal import Identities
internal import Model

/// A query whose reply waits until the asker's address is proved.
struct ParkedRequest: Sendable {
    let bytes: [UInt8]
    let endpoint: Endpoint
    let expires: UInt64
}

extension DHTCore {
    static let newcomerCountMax = 16
    static let parkedLifetime: UInt64 = 4_000_000_000

    mutating func handle(_ bytes: [UInt8], from endpoint: Endpoint) {
        counters.packetsReceived += 1
        counters.bytesReceived += bytes.count
        process(bytes, from: endpoint)
    }

    mutating func process(_ bytes: [UInt8], from endpoint: Endpoint) {
        guard bytes.count <= Limits.datagramLengthMax, endpoint.port > 0,
            let message = try? KRPCMessage(bytes)
        else {
            counters.malformed += 1
            return
        }
        switch message.kind {
        case .query(let method): handleQuery(method, message, from: endpoint)
        case .response, .failure: handleAnswer(message, from: endpoint)
        }
    }

    private mutating func handleQuery(
        _ method: KRPC.Method?, _ message: KRPCMessage, from endpoint: Endpoint
    ) {
        guard mayAsk(endpoint), let sender = message.sender, sender != id else {
            counters.limited += 1
            return
        }
        guard let method else { return refuse(.unknownMethod, message, endpoint) }
        counters.queries[Int(method.rawValue)] += 1
        let contact = Contact(id: sender, endpoint: endpoint)
        table.asked(by: contact, at: seconds)
        let isNew =
            !message.isReadOnly && mayBelieve(endpoint, from: nil) && table.wants(contact)
            && !pending.isProbing(endpoint)
        switch answer(to: method, message, from: endpoint) {
        case .failure(let refusal): refuse(refusal.code, message, endpoint)
        case .success(let extent): reply(extent, to: message, contact, isNew: isNew)
        }
    }

    private mutating func mayAsk(_ endpoint: Endpoint) -> Bool {
        let address = endpoint.address
        let isLocal = address.isLocal
        // Local senders are told apart one by one: a private network is one range.
        let tag =
            isLocal
            ? random.tag(of: address, port: endpoint.port) : random.tag(of: address.range)
        return limiter.allows(
            tag: tag,
            perSecond: isLocal
                ? configuration.localQueriesPerSecond : configuration.queriesPerSecond,
            now: now)
    }

    struct Refused: Error {
        let code: KRPC.Refusal
    }

    /// Does what a query asks and says what belongs into the reply.
    private mutating func answer(
        to method: KRPC.Method, _ message: KRPCMessage, from endpoint: Endpoint
    ) -> Result<ReplyContent, Refused> {
        var content = ReplyContent()
        switch method {
        case .ping: break
        case .findNode, .getPeers, .get:
            guard let target = message.target else { return .failure(Refused(code: .protocol)) }
            content.target = target
            content.hasToken = method != .findNode
            if method == .getPeers { content.peers = peers.peers(of: target, now: now) }
            if method == .get, let item = items.item(at: target, now: now) {
                content.item = item
                content.leavesValueOut =
                    item.ownership != nil && message.sequence.map { item.sequence <= $0 } ?? false
            }
        case .announcePeer:
            if let refusal = takeAnnouncement(message, from: endpoint) {
                return .failure(Refused(code: refusal))
            }
        case .put:
            if let refusal = takeItem(message, from: endpoint) {
                return .failure(Refused(code: refusal))
            }
        }
        return .success(content)
    }

    private mutating func takeAnnouncement(
        _ message: KRPCMessage, from endpoint: Endpoint
    ) -> KRPC.Refusal? {
        guard let topic = message.target, hasToken(message, from: endpoint) else {
            return .protocol
        }
        var port = endpoint.port
        if !message.impliesPort {
            guard let given = message.port.flatMap({ UInt16(exactly: $0) }), given > 0 else {
                return .protocol
            }
            port = given
        }
        let peer = Endpoint(endpoint.address, port: port)
        return peers.announce(peer, topic: topic, now: now) ? nil : .server
    }

    private mutating func takeItem(
        _ message: KRPCMessage, from endpoint: Endpoint
    ) -> KRPC.Refusal? {
        guard hasToken(message, from: endpoint), let value = message.value else {
            return .protocol
        }
        guard value.count <= Limits.itemValueLengthMax else { return .valueTooLong }
        guard (message.salt?.count ?? 0) <= Limits.itemSaltLengthMax else { return .saltTooLong }
        guard let item = message.item else { return .protocol }
        if let ownership = item.ownership {
            guard ownership.sequence >= 0 else { return .protocol }
            // The same state once more: nothing to check.
            if items.item(at: item.target, now: now) != item {
                let mayCheck = signatureLimiter.allows(
                    tag: 0, perSecond: configuration.signatureChecksPerSecond, now: now)
                guard mayCheck else { return .server }
                guard item.isGenuine(by: verifier) else {
                    counters.forgedItems += 1
                    return .badSignature
                }
            }
        }
        return items.put(
            item, expected: message.expectedSequence, from: endpoint.address, now: now,
            verifier: verifier)
    }

    // MARK: Tokens

    static let tokenPeriod: UInt64 = 5 * 60 * 1_000_000_000

    func token(for address: IPAddress) -> UInt64 {
        random.token(for: address, period: now / DHTCore.tokenPeriod)
    }

    /// Whether the query carries a token of this period or the last, made for its address; then the
    /// address is its sender's.
    private mutating func hasToken(_ message: KRPCMessage, from endpoint: Endpoint) -> Bool {
        guard let range = message.token, range.count == Limits.tokenLength else { return false }
        var token: UInt64 = 0
        for index in range { token = token << 8 | UInt64(message.bytes[index]) }
        let period = now / DHTCore.tokenPeriod
        let isCurrent = token == random.token(for: endpoint.address, period: period)
        let isLast =
            period > 0 && token == random.token(for: endpoint.address, period: period - 1)
        guard isCurrent || isLast else { return false }
        verified.insert(tag: random.tag(of: endpoint.address), now: now)
        return true
    }
}

extension KRPCMessage {
    /// The item of a `put` or of an answer to `get`; `nil` when parts of it are missing.
    var item: Item? {
        guard let value else { return nil }
        guard key != nil || signature != nil else { return Item(value: Array(bytes[value])) }
        guard let key, let signature, let sequence, let keyBytes = Bytes32(bytes[key]),
            let signatureBytes = Signature(Array(bytes[signature]))
        else { return nil }
        return Item(
            value: Array(bytes[value]),
            ownership: Item.Ownership(
                key: keyBytes, salt: salt.map { Array(bytes[$0]) } ?? [], sequence: sequence,
                signature: signatureBytes))
    }
}
