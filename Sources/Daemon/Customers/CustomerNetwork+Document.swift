internal import DHT
internal import Identities
internal import Model
internal import Networking
internal import Pipelines
internal import Suppliers

/// Finding the document of an identity of which nothing but the root is left.
extension CustomerNetwork {
    /// Where the DHT says that the document is published.
    func sources(of identity: IdentityPublicKey) async -> [Source] {
        let visit = DHTVisit(
            home: home, setting: setting, threads: threads, resolver: resolver)
        let address = IdentityPointer.address(of: identity)
        guard case .item(let found)? = await visit.perform([.get(address, minimum: 0)]).first,
            let pointer = found.item.flatMap({
                IdentityPointer($0, of: identity, verifier: Ed25519Verifier())
            })
        else { return [] }
        return pointer.sources.compactMap { Source($0) }
    }

    /// The newest document that nodes know: `peers`, those that the key file names as suppliers,
    /// and those that the network names.
    ///
    /// - Throws: `BD-PLACE` for a peer that names no node.
    func document(
        _ root: KeyFileContents, at peers: [String]
    ) async throws -> IdentityDocument? {
        let caller = try Customer.visitor(root.file, adapters: setting.adapters)
        var endpoints = try await places.places.endpoints(of: peers)
        endpoints += root.peers.flatMap(\.endpoints)
        if let found = await newest(of: caller, at: endpoints) { return found }
        async let suppliers = places.endpoints(of: caller.peer.user)
        async let routers = places.routers(of: caller.peer.user)
        return await newest(of: caller, at: suppliers + routers)
    }

    private func newest(
        of caller: SupplierCaller, at endpoints: [Endpoint]
    ) async -> IdentityDocument? {
        var seen: Set<Endpoint> = []
        let places = endpoints.filter { seen.insert($0).inserted }.prefix(Limits.candidateCountMax)
        return await withTaskGroup(of: IdentityDocument?.self) { group in
            for place in places {
                group.addTask { await self.ask(place, as: caller) }
            }
            var found: [IdentityDocument] = []
            for await document in group.compactMap({ $0 }) { found.append(document) }
            return found.max { $0.order < $1.order }
        }
    }

    private func ask(_ place: Endpoint, as caller: SupplierCaller) async -> IdentityDocument? {
        let question = SessionRequest(
            header: KnownIdentities.questionHeader,
            responseLengthMax: Limits.identityDocumentLengthMax)
        guard let session = try? await suppliers.stranger(at: place, as: caller),
            let answer = try? await session.request(
                question, deadline: Limits.strangerDialDeadline),
            answer.header == KnownIdentities.answerHeader,
            let document = try? IdentityDocument(decoding: answer.payload.array),
            document.userID == caller.peer.user
        else { return nil }
        return document
    }
}
