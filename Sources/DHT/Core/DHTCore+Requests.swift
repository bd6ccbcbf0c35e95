internal import Model

extension DHTCore {
    mutating func start(_ request: DHTRequest, ticket: UInt64) {
        switch request {
        case .ping(let endpoint):
            let isSent = ask(.ping, of: endpoint, expecting: nil, purpose: .ping(ticket))
            if !isSent { answer(ticket, .refused(.tooManyLookups)) }
        case .withdraw(let target):
            publications.removeAll { $0.item.target == target }
            answer(ticket, .done)
        case .retract(let topic):
            announcements.removeAll { $0.topic == topic }
            answer(ticket, .done)
        default:
            guard searches.count < Limits.lookupCountMax else {
                return answer(ticket, .refused(.tooManyLookups))
            }
            startLookup(request, ticket: ticket)
        }
    }

    private mutating func startLookup(_ request: DHTRequest, ticket: UInt64) {
        switch request {
        case .findNode(let target):
            startSearch(.contacts(ticket: ticket), target: target, shape: .plain)
        case .get(let address, let minimum):
            startSearch(
                .get(ticket: ticket), target: address.target,
                shape: .disjoint(configuration.pathCount),
                address: address, minimum: max(minimum, seen.sequence(of: address.target)))
        case .put(let item, let expected):
            if let refusal = refusal(of: item) { return answer(ticket, .refused(refusal)) }
            startPut(item, expected: expected, ticket: ticket)
        case .publish(let item):
            if let refusal = refusal(of: item) { return answer(ticket, .refused(refusal)) }
            guard remember(item) else { return answer(ticket, .refused(.tooManyPublications)) }
            startPut(item, expected: nil, ticket: ticket)
        case .findPeers(let topic):
            startSearch(
                .peers(ticket: ticket), target: topic, shape: .disjoint(configuration.pathCount))
        case .announce(let topic, let port):
            guard remember(topic, port) else {
                return answer(ticket, .refused(.tooManyPublications))
            }
            startSearch(
                .announce(port: port, ticket: ticket), target: topic,
                shape: .disjoint(configuration.pathCount))
        case .ping, .withdraw, .retract: break
        }
    }

    mutating func startPut(_ item: Item, expected: Int64?, ticket: UInt64?) {
        let address =
            item.ownership.map { ItemAddress(key: $0.key, salt: $0.salt) }
            ?? ItemAddress(immutable: item.target)
        startSearch(
            .put(item, expected: expected, ticket: ticket), target: item.target,
            shape: .disjoint(configuration.pathCount), address: address)
    }

    /// Why other nodes would not take an item.
    private func refusal(of item: Item) -> DHTRefusal? {
        guard item.value.count <= Limits.itemValueLengthMax else {
            return .valueTooLong(length: item.value.count)
        }
        let salt = item.ownership?.salt ?? []
        guard salt.count <= Limits.itemSaltLengthMax else {
            return .saltTooLong(length: salt.count)
        }
        var reader = BencodeReader(item.value)
        guard (try? reader.skip()) != nil, (try? reader.finish()) != nil else { return .badValue }
        return item.sequence >= 0 && item.isGenuine(by: verifier) ? nil : .badSignature
    }

    private mutating func remember(_ item: Item) -> Bool {
        let due = now + Publication.interval
        if let index = publications.firstIndex(where: { $0.item.target == item.target }) {
            publications[index] = Publication(item: item, due: due)
        } else {
            guard publications.count < Limits.publicationCountMax else { return false }
            publications.append(Publication(item: item, due: due))
        }
        schedule.publications = min(schedule.publications, due)
        return true
    }

    private mutating func remember(_ topic: NodeID, _ port: UInt16?) -> Bool {
        let due = now + Announcement.interval
        announcements.removeAll { $0.topic == topic }
        guard announcements.count < Limits.publicationCountMax else { return false }
        announcements.append(Announcement(topic: topic, port: port, due: due))
        schedule.publications = min(schedule.publications, due)
        return true
    }
}
