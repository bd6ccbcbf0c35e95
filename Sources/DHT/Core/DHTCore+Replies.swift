internal import Identities
internal import Model

/// What a reply holds beside our id.
struct ReplyContent {
    /// Whose nearest contacts are named; `nil` for none.
    var target: NodeID?
    var hasToken = false
    var item: Item?
    /// The asker has this state already: the sequence is enough.
    var leavesValueOut = false
    var peers: [Endpoint] = []
}

extension DHTCore {
    /// Sends a reply, or what of it an address may get that has proved nothing, or asks it first.
    mutating func reply(
        _ content: ReplyContent, to message: KRPCMessage, _ asker: Contact, isNew: Bool
    ) {
        let bytes = encode(content, for: message, asker.endpoint, contactLimit: 8)
        let isProved = verified.contains(tag: random.tag(of: asker.endpoint.address), now: now)
        let budget = Limits.amplificationMax * message.bytes.count
        if isProved || bytes.count <= budget {
            send(bytes, to: asker.endpoint)
            if isNew { welcome(asker, atOnce: isProved || bytes.count + Probe.length <= budget) }
            return
        }
        if pending.isProbing(asker.endpoint) || pending.probeCount < Limits.probeCountMax,
            park(message, from: asker.endpoint)
        {
            if !pending.isProbing(asker.endpoint) { probe(asker) }
            return
        }
        trim(content, to: message, asker.endpoint, budget: budget)
    }

    mutating func refuse(_ code: KRPC.Refusal, _ message: KRPCMessage, _ endpoint: Endpoint) {
        counters.failures += 1
        var writer = BencodeWriter(reserving: 96)
        writer.beginDictionary()
        writer.text("e")
        writer.beginList()
        writer.integer(Int64(code.rawValue))
        writer.text(code.text)
        writer.end()
        finish(&writer, message, kind: "e")
        if writer.bytes.count <= Limits.amplificationMax * message.bytes.count {
            send(writer.bytes, to: endpoint)
        }
    }

    // MARK: Proving addresses

    private enum Probe {
        /// What a ping of ours takes.
        static let length = 80
    }

    private mutating func welcome(_ contact: Contact, atOnce: Bool) {
        if atOnce, pending.probeCount < Limits.probeCountMax {
            probe(contact)
        } else if newcomers.count < DHTCore.newcomerCountMax, !newcomers.contains(contact) {
            newcomers.append(contact)
            schedule.newcomers = max(schedule.newcomers, now + Schedule.newcomerInterval)
        }
    }

    private mutating func probe(_ contact: Contact) {
        ask(.ping, of: contact.endpoint, expecting: contact.id, purpose: .probe)
    }

    mutating func probeNewcomer() {
        schedule.newcomers = now + Schedule.newcomerInterval
        guard !newcomers.isEmpty else { return }
        let contact = newcomers.removeFirst()
        if table.wants(contact), !pending.isProbing(contact.endpoint) { probe(contact) }
    }

    private mutating func park(_ message: KRPCMessage, from endpoint: Endpoint) -> Bool {
        if parked.count >= Limits.parkedRequestCountMax {
            parked.removeAll { $0.expires <= now }
            guard parked.count < Limits.parkedRequestCountMax else { return false }
        }
        counters.parked += 1
        parked.append(
            ParkedRequest(
                bytes: message.bytes, endpoint: endpoint, expires: now + DHTCore.parkedLifetime))
        return true
    }

    /// The address answered: what waited for that is handled.
    mutating func releaseParked(_ endpoint: Endpoint) {
        guard !parked.isEmpty else { return }
        let ready = parked.filter { $0.endpoint == endpoint && $0.expires > now }
        guard !ready.isEmpty else { return }
        parked.removeAll { $0.endpoint == endpoint || $0.expires <= now }
        for request in ready { process(request.bytes, from: endpoint) }
    }

    /// Without values, with as few contacts as fit.
    private mutating func trim(
        _ content: ReplyContent, to message: KRPCMessage, _ endpoint: Endpoint, budget: Int
    ) {
        counters.trimmed += 1
        var small = content
        small.item = nil
        small.peers = []
        for limit in [4, 2, 1, 0] {
            let bytes = encode(small, for: message, endpoint, contactLimit: limit)
            if bytes.count <= budget { return send(bytes, to: endpoint) }
        }
    }

    // MARK: Encoding

    private func encode(
        _ content: ReplyContent, for message: KRPCMessage, _ endpoint: Endpoint,
        contactLimit: Int
    ) -> [UInt8] {
        var writer = BencodeWriter(reserving: 512 + (content.item?.value.count ?? 0))
        writer.beginDictionary()
        writer.text("ip")
        writer.compact(endpoint)
        writer.text("r")
        writer.beginDictionary()
        writer.text("id")
        writer.id(id)
        let item = content.item
        let value = content.leavesValueOut ? nil : item
        if let key = value?.ownership?.key {
            writer.text("k")
            writer.string(key.array)
        }
        if let target = content.target {
            let room = Limits.replyLengthMax - 320 - (value?.value.count ?? 0)
            encodeContacts(
                near: target, limit: max(0, min(contactLimit, room / 26)), for: endpoint, &writer)
        }
        if let ownership = item?.ownership {
            writer.text("seq")
            writer.integer(ownership.sequence)
            if value != nil {
                writer.text("sig")
                writer.string(ownership.signature.array)
            }
        }
        if content.hasToken { encodeToken(for: endpoint.address, &writer) }
        if let value {
            writer.text("v")
            writer.raw(value.value)
        }
        if !content.peers.isEmpty { encodePeers(content.peers, &writer) }
        writer.end()
        finish(&writer, message, kind: "r")
        return writer.bytes
    }

    private func encodeContacts(
        near target: NodeID, limit: Int, for endpoint: Endpoint, _ writer: inout BencodeWriter
    ) {
        var found: [Contact] = []
        found.reserveCapacity(limit)
        table.closest(
            to: target, limit: limit, isLocalAllowed: endpoint.address.isLocal, into: &found)
        let longCount = found.reduce(0) { $0 + ($1.endpoint.address.isV6 ? 1 : 0) }
        if longCount < found.count || longCount == 0 {
            writer.text("nodes")
            writer.count((found.count - longCount) * 26)
            for contact in found where !contact.endpoint.address.isV6 { writer.compact(contact) }
        }
        if longCount > 0 {
            writer.text("nodes6")
            writer.count(longCount * 38)
            for contact in found where contact.endpoint.address.isV6 { writer.compact(contact) }
        }
    }

    private func encodeToken(for address: IPAddress, _ writer: inout BencodeWriter) {
        writer.text("token")
        writer.count(Limits.tokenLength)
        writer.word(raw: token(for: address))
    }

    /// As many as one reply may hold, another part of them each minute.
    private func encodePeers(_ peers: [Endpoint], _ writer: inout BencodeWriter) {
        writer.text("values")
        writer.beginList()
        let start = Int(now / 60_000_000_000 % UInt64(peers.count))
        for index in 0..<min(peers.count, Limits.peersPerReplyMax) {
            writer.compact(peers[(start + index) % peers.count])
        }
        writer.end()
    }

    /// Transaction, version, kind, and the end of the outermost dictionary.
    private func finish(
        _ writer: inout BencodeWriter, _ message: KRPCMessage, kind: StaticString
    ) {
        writer.text("t")
        writer.string(message.transaction, of: message.bytes)
        writer.text("v")
        writer.text(KRPC.version)
        writer.text("y")
        writer.text(kind)
        writer.end()
    }
}

extension IPAddress {
    var isV6: Bool {
        switch self {
        case .v4: false
        case .v6: true
        }
    }
}

extension BencodeWriter {
    /// A string of address and port.
    mutating func compact(_ endpoint: Endpoint) {
        count(endpoint.address.isV6 ? 18 : 6)
        self.endpoint(raw: endpoint)
    }

    /// Id, address and port, a part of a string.
    mutating func compact(_ contact: Contact) {
        id(raw: contact.id)
        endpoint(raw: contact.endpoint)
    }
}
