internal import Identities
internal import IdentityServers
internal import Model

/// Reads documents from identity servers, without remembering whom they showed.
struct DocumentSearch: Sendable {
    let exchange: NodeExchange

    /// What each source gives, as far as it is a document of that name, in their order. All are
    /// asked at the same time: one that is gone takes its time to show it.
    func documents(at sources: [Source]) async -> [IdentityDocument] {
        await withTaskGroup(of: (Int, IdentityDocument?).self) { group in
            var left = sources.enumerated().makeIterator()
            for _ in 0..<Limits.sourcesAskedMax {
                guard let (index, source) = left.next() else { break }
                group.addTask { (index, await document(at: source)) }
            }
            var found: [Int: IdentityDocument] = [:]
            for await (index, document) in group {
                found[index] = document
                if let (index, source) = left.next() {
                    group.addTask { (index, await self.document(at: source)) }
                }
            }
            return found.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// The document of one source. A server that does not answer soon at the port that is named is
    /// asked there, at 80 and at 8084 at the same time.
    private func document(at source: Source) async -> IdentityDocument? {
        var hasty = exchange
        hasty.connectDeadline = Limits.firstPortDeadline
        let (first, isAnswer) = await document(at: source, hasty)
        if isAnswer { return first }
        let ports = [source.port] + [80, 8084].filter { $0 != source.port }
        let found = await withTaskGroup(of: (Int, IdentityDocument?).self) { group in
            for (index, port) in ports.enumerated() {
                let place = Source(host: source.host, port: port, name: source.name)
                group.addTask { (index, await document(at: place, exchange).document) }
            }
            var found: [Int: IdentityDocument] = [:]
            for await (index, document) in group { found[index] = document }
            return found
        }
        return found.min { $0.key < $1.key }?.value
    }

    /// - Returns: the document, and whether the server said that there is one or none: another port
    ///   of it knows no more then.
    private func document(
        at place: Source, _ exchange: NodeExchange
    ) async -> (document: IdentityDocument?, isAnswer: Bool) {
        let results = await exchange.perform(
            [ServerCall(get: "\(place)")], deadline: Limits.identityServerDeadline)
        let finding = IdentityLookup.choose([place], results, user: nil, seen: nil)
        if let document = finding.document { return (document, true) }
        if case .success(let answer)? = results.first, answer.status == 404 { return (nil, true) }
        return (nil, false)
    }

    /// The newest document of who has certified a device: at `sources`, and where the DHT says that
    /// it is published.
    func newest(
        of certificate: DeviceCertificate, at sources: [Source], dht: DHTSlot
    ) async -> IdentityDocument? {
        var places = sources
        for source in await dht.sources(of: certificate.identity) where !places.contains(source) {
            places.append(source)
        }
        return await newest(of: certificate.userID, at: places)
    }

    /// The newest document of `user` among those that the sources give.
    func newest(of user: UserID, at sources: [Source]) async -> IdentityDocument? {
        let documents = await documents(at: sources).filter { $0.userID == user }
        return documents.max { $0.order < $1.order }
    }
}
