internal import Model

extension DHTCore {
    mutating func handleAnswer(_ message: KRPCMessage, from endpoint: Endpoint) {
        guard let query = pending.take(message, from: endpoint) else {
            counters.unmatched += 1
            return
        }
        // The transaction id came back from where it was sent.
        verified.insert(tag: random.tag(of: endpoint.address), now: now)
        if case .failure(let code) = message.kind {
            counters.failures += 1
            takeFailure(code, of: query)
        } else if let sender = message.sender {
            counters.responses += 1
            takeResponse(message, from: Contact(id: sender, endpoint: endpoint), to: query)
        }
        releaseParked(endpoint)
    }

    private mutating func takeFailure(_ code: Int, of query: PendingQueries.Query) {
        switch query.purpose {
        case .store(let id): stored(id, refusal: code)
        case .lookup(let id, let path):
            if let expected = query.expected {
                let contact = Contact(id: expected, endpoint: query.endpoint)
                lookupFailed(
                    id, Lookup.Query(path: path, contact: contact), wasStalled: query.isStalled)
            }
        case .ping(let ticket): answer(ticket, .pong(nil))
        case .probe, .keepAlive, .join: break
        }
    }

    private mutating func takeResponse(
        _ message: KRPCMessage, from contact: Contact, to query: PendingQueries.Query
    ) {
        if let expected = query.expected, expected != contact.id {
            // Another node lives there now.
            let old = Contact(id: expected, endpoint: query.endpoint)
            table.drop(old)
            table.answered(contact, at: seconds)
            return giveUp(query)
        }
        if !message.isReadOnly, mayBelieve(contact.endpoint, from: nil) {
            table.answered(contact, at: seconds)
        }
        noteEcho(message, from: contact.endpoint)
        switch query.purpose {
        case .probe, .keepAlive: break
        case .join: joined(message, by: contact)
        case .ping(let ticket): answer(ticket, .pong(contact.id))
        case .store(let id): stored(id, refusal: nil)
        case .lookup(let id, let path):
            lookupAnswered(
                id, Lookup.Query(path: path, contact: contact), message,
                wasStalled: query.isStalled)
        }
        schedule.noteChange(contactCount: table.count, now: now)
    }

    /// A query that will have no answer of use.
    mutating func giveUp(_ query: PendingQueries.Query) {
        switch query.purpose {
        case .probe, .keepAlive, .join: break
        case .ping(let ticket): answer(ticket, .pong(nil))
        case .store(let id): stored(id, refusal: KRPC.Refusal.generic.rawValue)
        case .lookup(let id, let path):
            guard let expected = query.expected else { return }
            let contact = Contact(id: expected, endpoint: query.endpoint)
            lookupFailed(
                id, Lookup.Query(path: path, contact: contact), wasStalled: query.isStalled)
        }
    }

    mutating func expireQueries() {
        var stalled: [PendingQueries.Query] = []
        var failed: [PendingQueries.Query] = []
        pending.expire(now: now, stalled: &stalled, failed: &failed)
        for query in stalled {
            guard case .lookup(let id, let path) = query.purpose, let expected = query.expected,
                let index = searches.firstIndex(where: { $0.lookup.id == id })
            else { continue }
            let contact = Contact(id: expected, endpoint: query.endpoint)
            searches[index].lookup.stalled(Lookup.Query(path: path, contact: contact))
            continueSearch(id)
        }
        for query in failed {
            counters.timeouts += 1
            if let expected = query.expected {
                table.failed(Contact(id: expected, endpoint: query.endpoint))
            }
            giveUp(query)
        }
    }

    // MARK: Joining

    /// A configured node answered: ask around, beginning with whom it named.
    private mutating func joined(_ message: KRPCMessage, by contact: Contact) {
        let named = contacts(in: message, from: contact)
        startSearch(.join, target: id, shape: .plain, start: [contact] + named)
    }

    /// The contacts that an answer names and that may be believed.
    func contacts(in message: KRPCMessage, from teller: Contact) -> [Contact] {
        var named: [Contact] = []
        let own = id
        message.forEachNode { id, endpoint in
            guard named.count < 2 * Limits.contactsPerBucket, id != own,
                mayBelieve(endpoint, from: teller.endpoint)
            else { return }
            named.append(Contact(id: id, endpoint: endpoint))
        }
        return named
    }

    // MARK: Our own address

    /// Other nodes say from which address we speak; when they agree, our id is bound to it.
    private mutating func noteEcho(_ message: KRPCMessage, from endpoint: Endpoint) {
        guard configuration.externalAddress == nil, let range = message.echo,
            let echo = message.endpoint(at: range), !echo.address.isLocal
        else { return }
        votes.add(echo.address, by: endpoint.address.range, isTrusted: known.contains(endpoint))
        guard let address = votes.elected, !id.isBound(to: address), votes.mayRename(now: now)
        else { return }
        table.rename(to: .bound(to: address, filler: random.nodeID()))
        schedule.neighbourhood = now
        effects.append(.save)
    }
}

/// What other nodes say our address is: the last eight, one for each range they are in.
struct AddressVotes: Sendable {
    private struct Vote: Sendable {
        let address: IPAddress
        let voter: IPAddress
        let isTrusted: Bool
    }

    private static let voteCountMax = 8
    private static let renameInterval: UInt64 = 600 * 1_000_000_000

    private var votes: [Vote] = []
    private var renamed: UInt64?

    mutating func add(_ address: IPAddress, by voter: IPAddress, isTrusted: Bool) {
        if let index = votes.firstIndex(where: { $0.voter == voter }) {
            guard votes[index].address != address else { return }
            votes.remove(at: index)
        }
        if votes.count == AddressVotes.voteCountMax { votes.removeFirst() }
        votes.append(Vote(address: address, voter: voter, isTrusted: isTrusted))
    }

    /// The address that most name, when three do or one that was configured.
    var elected: IPAddress? {
        var best: (address: IPAddress, count: Int)?
        // A node with both kinds of address has one id: that of its IPv4.
        let short = votes.filter { !$0.address.isV6 }
        let votes = short.isEmpty ? votes : short
        for vote in votes {
            let same = votes.filter { $0.address == vote.address }
            let isEnough = same.count >= 3 || same.contains { $0.isTrusted }
            if isEnough, same.count > best?.count ?? 0 { best = (vote.address, same.count) }
        }
        guard let best, best.count * 2 > votes.count else { return nil }
        return best.address
    }

    mutating func mayRename(now: UInt64) -> Bool {
        if let renamed, now - renamed < AddressVotes.renameInterval { return false }
        renamed = now
        return true
    }
}
