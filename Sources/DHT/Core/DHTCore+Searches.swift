internal import Identities
internal import Model

extension DHTCore {
    /// Contacts out of the table that a lookup begins with: three for each path.
    private static let startCountMax = 24

    /// Begins a lookup and asks the first nodes; with nobody to ask it ends at once.
    mutating func startSearch(
        _ goal: Search.Goal, target: NodeID, shape: LookupShape, start: [Contact] = [],
        address: ItemAddress? = nil, minimum: Int64 = 0
    ) {
        var contacts = start
        if contacts.isEmpty {
            table.closest(to: target, limit: DHTCore.startCountMax, into: &contacts)
        }
        let lookup = Lookup(
            id: makeID(), target: target, own: id, shape: shape, start: contacts)
        var search = Search(lookup: lookup, goal: goal, address: address, minimum: minimum)
        if address != nil { search.best = items.item(at: target, now: now) }
        if case .peers = goal { search.peers = peers.peers(of: target, now: now) }
        table.refreshed(bucket: table.bucketIndex(of: target), at: seconds)
        searches.append(search)
        continueSearch(lookup.id)
    }

    /// Asks whom the lookup names next, and ends it when it is done.
    mutating func continueSearch(_ id: UInt32) {
        guard let index = searches.firstIndex(where: { $0.lookup.id == id }) else { return }
        let method = searches[index].goal.method
        let arguments = Arguments(target: searches[index].lookup.target)
        while let query = searches[index].lookup.next() {
            let isSent = ask(
                method, arguments, of: query.contact.endpoint, expecting: query.contact.id,
                purpose: .lookup(id, path: query.path))
            if !isSent { searches[index].lookup.failed(query, wasStalled: false) }
        }
        if searches[index].lookup.isDone { finish(searches.remove(at: index)) }
    }

    mutating func lookupFailed(_ id: UInt32, _ query: Lookup.Query, wasStalled: Bool) {
        guard let index = searches.firstIndex(where: { $0.lookup.id == id }) else { return }
        searches[index].lookup.failed(query, wasStalled: wasStalled)
        continueSearch(id)
    }

    mutating func lookupAnswered(
        _ id: UInt32, _ query: Lookup.Query, _ message: KRPCMessage, wasStalled: Bool
    ) {
        guard let index = searches.firstIndex(where: { $0.lookup.id == id }) else { return }
        let found = searches[index].address.map { genuineItem(in: message, at: $0, index) }
        if case .forged = found {
            counters.forgedItems += 1
            table.drop(query.contact)
            searches[index].lookup.failed(query, wasStalled: wasStalled)
            return continueSearch(id)
        }
        let token = message.token.flatMap {
            $0.count <= Limits.tokenLengthMax ? Array(message.bytes[$0]) : nil
        }
        let depth = searches[index].lookup.answered(
            query, token: token, wasStalled: wasStalled,
            contacts: contacts(in: message, from: query.contact))
        if case .genuine(let item) = found { take(item, depth: Int(depth), index) }
        takePeers(message, from: query.contact, index)
        continueSearch(id)
    }

    // MARK: Items

    private enum Finding {
        case nothing
        case genuine(Item)
        case forged
    }

    /// Checks an item against hash or key and signature; what is known already is not checked
    /// twice, and what is older than the best not at all.
    private func genuineItem(
        in message: KRPCMessage, at address: ItemAddress, _ index: Int
    ) -> Finding {
        guard message.value != nil else { return .nothing }
        guard let item = message.foundItem(at: address) else { return .forged }
        if let best = searches[index].best {
            if best == item { return .genuine(item) }
            if item.sequence < best.sequence { return .nothing }
        }
        return item.isGenuine(by: verifier) ? .genuine(item) : .forged
    }

    private mutating func take(_ item: Item, depth: Int, _ index: Int) {
        guard item.sequence >= searches[index].minimum else {
            let older = max(searches[index].refusedSequence ?? 0, item.sequence)
            searches[index].refusedSequence = older
            return
        }
        if searches[index].best == nil { searches[index].hopCount = depth }
        if item.sequence > searches[index].best?.sequence ?? -1 { searches[index].best = item }
    }

    private mutating func takePeers(_ message: KRPCMessage, from contact: Contact, _ index: Int) {
        guard case .peers = searches[index].goal, message.peers != nil else { return }
        for endpoint in message.peerEndpoints {
            guard mayBelieve(endpoint, from: contact.endpoint),
                searches[index].peers.count < 4 * Limits.peersPerTopicMax,
                !searches[index].peers.contains(endpoint)
            else { continue }
            searches[index].peers.append(endpoint)
        }
    }

    // MARK: Ends

    private mutating func finish(_ search: Search) {
        let nearest = search.lookup.nearest(Limits.contactsPerBucket)
        switch search.goal {
        case .join, .refresh: break
        case .contacts(let ticket): answer(ticket, .contacts(nearest.map(\.contact)))
        case .peers(let ticket):
            answer(ticket, .peers(search.peers, nearest: nearest.map(\.contact)))
        case .get(let ticket): finishGet(search, nearest, ticket)
        case .put(let item, let expected, let ticket):
            finishPut(item, expected, search, nearest, ticket)
        case .announce(let port, let ticket):
            finishAnnouncement(search.lookup.target, port, nearest, ticket)
        }
    }

    private mutating func finishGet(
        _ search: Search, _ nearest: [Lookup.Answer], _ ticket: UInt64
    ) {
        var item = search.best
        var refused = search.refusedSequence
        if let sequence = item?.sequence, sequence < search.minimum {
            refused = max(refused ?? 0, sequence)
            item = nil
        }
        if let item, item.ownership != nil { seen.note(item.sequence, of: item.target) }
        answer(
            ticket,
            .item(
                FoundItem(
                    item: item, nearest: nearest.map(\.contact), hopCount: search.hopCount,
                    queryCount: search.lookup.queryCount, refusedSequence: refused)))
    }

    private mutating func finishPut(
        _ item: Item, _ expected: Int64?, _ search: Search, _ nearest: [Lookup.Answer],
        _ ticket: UInt64?
    ) {
        let contacts = nearest.map(\.contact)
        if let newer = search.best, newer.sequence > item.sequence {
            if publications.contains(where: { $0.item.target == item.target }) {
                publications.removeAll { $0.item.target == item.target }
                effects.append(.superseded(newer))
            }
            if let ticket {
                let result = StoredItem(copyCount: 0, refusals: [], newer: newer, nearest: contacts)
                answer(ticket, .stored(result))
            }
            return
        }
        if item.ownership != nil { seen.note(item.sequence, of: item.target) }
        var storing = Storing(
            id: makeID(), ticket: ticket, isAnnouncement: false, nearest: contacts,
            copyCount: keepOwn(item, nearest))
        var arguments = Arguments()
        arguments.item = item
        arguments.expectedSequence = expected
        for answer in nearest {
            guard let token = answer.token else { continue }
            arguments.token = token
            let isSent = ask(
                .put, arguments, of: answer.contact.endpoint, expecting: answer.contact.id,
                purpose: .store(storing.id))
            if isSent { storing.activeCount += 1 }
        }
        begin(storing)
    }

    /// This node keeps a copy when it is one of the nearest itself.
    private mutating func keepOwn(_ item: Item, _ nearest: [Lookup.Answer]) -> Int {
        if nearest.count >= Limits.contactsPerBucket, let last = nearest.last,
            !id.isCloser(than: last.contact.id, to: item.target)
        {
            return 0
        }
        let refusal = items.put(
            item, expected: nil, from: .v4(0x7f00_0001), now: now, verifier: verifier)
        return refusal == nil ? 1 : 0
    }

    private mutating func finishAnnouncement(
        _ topic: NodeID, _ port: UInt16?, _ nearest: [Lookup.Answer], _ ticket: UInt64?
    ) {
        var storing = Storing(
            id: makeID(), ticket: ticket, isAnnouncement: true,
            nearest: nearest.map(\.contact), copyCount: 0)
        var arguments = Arguments(target: topic)
        arguments.port = port
        for answer in nearest {
            guard let token = answer.token else { continue }
            arguments.token = token
            let isSent = ask(
                .announcePeer, arguments, of: answer.contact.endpoint,
                expecting: answer.contact.id, purpose: .store(storing.id))
            if isSent { storing.activeCount += 1 }
        }
        begin(storing)
    }

    private mutating func begin(_ storing: Storing) {
        if storing.activeCount == 0 { return finish(storing) }
        storings.append(storing)
    }

    mutating func stored(_ id: UInt32, refusal: Int?) {
        guard let index = storings.firstIndex(where: { $0.id == id }) else { return }
        storings[index].activeCount -= 1
        if let refusal {
            storings[index].refusals.append(refusal)
        } else {
            storings[index].copyCount += 1
        }
        if storings[index].activeCount == 0 { finish(storings.remove(at: index)) }
    }

    private mutating func finish(_ storing: Storing) {
        guard let ticket = storing.ticket else { return }
        if storing.isAnnouncement { return answer(ticket, .announced(storing.copyCount)) }
        answer(
            ticket,
            .stored(
                StoredItem(
                    copyCount: storing.copyCount, refusals: storing.refusals, newer: nil,
                    nearest: storing.nearest)))
    }
}

extension KRPCMessage {
    /// The item of an answer to `get`, when it is the one that was asked for; its signature is
    /// still to be checked. The salt does not travel back: it is the asker's.
    func foundItem(at address: ItemAddress) -> Item? {
        guard let value, value.count <= Limits.itemValueLengthMax else { return nil }
        let bytes = Array(self.bytes[value])
        guard let key = address.key else {
            let item = Item(value: bytes)
            return item.target == address.target ? item : nil
        }
        guard let foundKey = self.key.flatMap({ Bytes32(self.bytes[$0]) }), foundKey == key,
            let sequence, sequence >= 0,
            let signature = signature.flatMap({ Signature(Array(self.bytes[$0])) })
        else { return nil }
        return Item(
            value: bytes,
            ownership: Item.Ownership(
                key: key, salt: address.salt, sequence: sequence, signature: signature))
    }
}
