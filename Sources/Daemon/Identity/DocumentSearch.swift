internal import Identities
internal import IdentityServers
internal import Model

/// Reads documents from identity servers, without remembering whom they showed.
struct DocumentSearch: Sendable {
    let exchange: NodeExchange

    /// What each source gives, as far as it is a document of that name; servers that do not answer
    /// at the port that is named are asked at 80 and 8084 too.
    func documents(at sources: [Source]) async -> [IdentityDocument] {
        var found: [IdentityDocument] = []
        for source in sources {
            let places =
                [source]
                + [80, 8084].filter { $0 != source.port }.map {
                    Source(host: source.host, port: $0, name: source.name)
                }
            for place in places {
                let results = await exchange.perform(
                    [ServerCall(get: "\(place)")], deadline: Limits.identityServerDeadline)
                let finding = IdentityLookup.choose([place], results, user: nil, seen: nil)
                if let document = finding.document {
                    found.append(document)
                    break
                }
                // It answered that there is none: another port of it knows no more.
                if case .success(let answer)? = results.first, answer.status == 404 { break }
            }
        }
        return found
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
