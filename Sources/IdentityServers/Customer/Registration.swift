package import Identities
package import Model

/// What a document to be signed is to say.
package struct DocumentPlan: Equatable, Sendable {
    package var sources: [Source]
    package var contacts: [Contact]
    /// The document that it follows; `nil` for the first.
    package var previous: IdentityDocument?
}

/// Why there is no new identity; the texts are those that clients of the older product know.
package enum RegistrationError: Error, Equatable, Sendable, CustomStringConvertible {
    case serversNotResponding
    case nameTaken(IdentityName)
    case networkConnection
    case sending
    case verification
    case requestTimedOut
    case sendingTimedOut

    package var description: String {
        switch self {
        case .serversNotResponding: "ID servers not responding"
        case .nameTaken(let name): "name \(name) already taken"
        case .networkConnection: "network connection error"
        case .sending: "connection error while sending my identity"
        case .verification: "identity verification failed"
        case .requestTimedOut: "time out requesting from identity servers"
        case .sendingTimedOut: "time out sending to identity servers"
        }
    }
}

/// Where a new identity's contacts come from.
package enum ContactChoice: Equatable, Sendable {
    case given([Contact])
    /// The address that the servers see us come from.
    case detected(transport: String, port: UInt16)
}

/// Publishes a new identity, as a value: no sockets, no keys, no clock.
///
/// Which servers answer? Is the name free on those chosen? What is our address? Then the document
/// is signed, sent to all, and read back from all. A server that fails on the way is left out and
/// the document signed again without it, as long as `minServers` are left.
package struct Registration: Sendable {
    package enum Effect: Equatable, Sendable {
        /// Make these calls, then ``Registration/answered(_:)`` with their results.
        case ask([ServerCall])
        /// Sign this, then ``Registration/signed(_:)``.
        case sign(DocumentPlan)
        case done(IdentityDocument)
        case failed(RegistrationError)
    }

    private enum State: Sendable {
        case idle
        case probing(ServerProbe)
        case checkingNames([KnownServer])
        case signing
        case sending(IdentityDocument)
        case reading(IdentityDocument)
        case ended
    }

    private let name: IdentityName
    private let user: UserID
    private let candidates: [KnownServer]
    private let counts: ClosedRange<Int>
    private let contactChoice: ContactChoice
    private var state = State.idle
    private var spares: [KnownServer] = []
    private var chosen: [KnownServer] = []
    private var contacts: [Contact] = []
    private var ownAddresses: [IPAddress] = []
    private var previous: IdentityDocument?
    private var wasTimeOut = false

    /// - Parameters:
    ///   - user: whose document it will be: a name that this user has already is free.
    ///   - candidates: in order of preference; see ``shuffled(_:preferred:random:)``.
    ///   - serverCounts: the least and the most servers to publish on, at most six.
    package init(
        name: IdentityName, user: UserID, candidates: [KnownServer],
        serverCounts: ClosedRange<Int>, contacts: ContactChoice
    ) {
        self.name = name
        self.user = user
        self.candidates = candidates
        let most = min(max(serverCounts.upperBound, 1), Limits.identitySourceCountMax)
        counts = min(max(serverCounts.lowerBound, 1), most)...most
        contactChoice = contacts
    }

    /// Preferred servers as they stand, then the others in random order, so that a network's users
    /// spread over its servers.
    package static func shuffled(
        _ known: [KnownServer], preferred: [KnownServer], random: some RandomSource
    ) -> [KnownServer] {
        let others = known.filter { !preferred.contains($0) }.map { ($0, random.bytes32()) }
        return preferred + others.sorted { $0.1 < $1.1 }.map(\.0)
    }

    /// As the reference's states name it.
    package var stateName: String {
        switch state {
        case .idle: "AT_STARTUP"
        case .probing: "ID_SERVERS?"
        case .checkingNames: "NAME_FREE?"
        case .signing: "EXTERNAL_IP?"
        case .sending: "SEND_ID"
        case .reading: "REQUEST_ID"
        case .ended: "DONE"
        }
    }

    package mutating func start() -> Effect {
        let probe = ServerProbe(candidates)
        guard !candidates.isEmpty else { return fail(.serversNotResponding) }
        state = .probing(probe)
        return .ask(probe.calls)
    }

    /// Takes the results of the calls that were asked for, in their order.
    package mutating func answered(_ results: [ServerResult]) -> Effect {
        switch state {
        case .probing(let probe): probed(probe, results)
        case .checkingNames(let servers): checked(servers, results)
        case .sending(let document): sent(document, results)
        case .reading(let document): read(document, results)
        case .idle, .signing, .ended: fail(.networkConnection)
        }
    }

    package mutating func signed(_ document: IdentityDocument) -> Effect {
        guard case .signing = state else { return fail(.networkConnection) }
        state = .sending(document)
        return .ask(chosen.map { .post($0.url, document.bytes) })
    }

    // MARK: Steps

    private mutating func probed(_ probe: ServerProbe, _ results: [ServerResult]) -> Effect {
        var probe = probe
        if probe.answered(results) {
            state = .probing(probe)
            return .ask(probe.calls)
        }
        guard probe.answering.count >= counts.lowerBound else {
            return fail(.serversNotResponding)
        }
        ownAddresses = probe.ownAddresses
        spares = probe.answering
        return checkNames()
    }

    /// Asks as many servers as are still wanted for the name.
    private mutating func checkNames() -> Effect {
        let servers = Array(spares.prefix(counts.upperBound - chosen.count))
        guard !servers.isEmpty else {
            guard chosen.count >= counts.lowerBound else {
                return fail(wasTimeOut ? .requestTimedOut : .networkConnection)
            }
            return findContacts()
        }
        spares.removeFirst(servers.count)
        state = .checkingNames(servers)
        return .ask(servers.map { .get("\($0.source(of: name))") })
    }

    private mutating func checked(
        _ servers: [KnownServer], _ results: [ServerResult]
    ) -> Effect {
        for (server, result) in zip(servers, results) {
            wasTimeOut = wasTimeOut || result.isTimeOut
            if let page = result.page {
                let found = try? IdentityDocument(decoding: page)
                guard let found, found.userID == user else { return fail(.nameTaken(name)) }
                // Ours, from an attempt that did not end: what follows must be newer.
                if found.order.sequence >= previous?.order.sequence ?? 0 { previous = found }
                chosen.append(server)
            } else if result.status == 404 {
                chosen.append(server)
            }
        }
        return checkNames()
    }

    private mutating func findContacts() -> Effect {
        switch contactChoice {
        case .given(let given):
            contacts = given
        case .detected(let transport, let port):
            contacts =
                ownAddress.map {
                    [Contact(transport: transport, host: .address($0), port: port)]
                } ?? []
        }
        guard !contacts.isEmpty else { return fail(.networkConnection) }
        return sign()
    }

    /// The address that most servers saw; one of this machine itself only when all servers are on
    /// it.
    private var ownAddress: IPAddress? {
        let isHere = chosen.allSatisfy { $0.host.isLoopback }
        var votes: [IPAddress: Int] = [:]
        for address in ownAddresses where address.isLoopback == isHere {
            votes[address, default: 0] += 1
        }
        let most = votes.values.max()
        return votes.filter { $0.value == most }.keys.min { $0.description < $1.description }
    }

    private mutating func sign() -> Effect {
        state = .signing
        return .sign(
            DocumentPlan(
                sources: chosen.map { $0.source(of: name) }, contacts: contacts,
                previous: previous))
    }

    private mutating func sent(
        _ document: IdentityDocument, _ results: [ServerResult]
    ) -> Effect {
        let isRefused = results.contains { result in
            guard case .success(let answer) = result, answer.status == 409 else { return false }
            return answer.body.starts(with: Array(UploadRefusal.nameTaken.word.utf8))
        }
        if isRefused { return fail(.nameTaken(name)) }
        let error: RegistrationError =
            results.contains { $0.isTimeOut } ? .sendingTimedOut : .sending
        let taken = results.map { $0.status == 200 }
        if let effect = retreat(from: document, keeping: taken, error) { return effect }
        state = .reading(document)
        return .ask(chosen.map { .get("\($0.source(of: name))") })
    }

    private mutating func read(
        _ document: IdentityDocument, _ results: [ServerResult]
    ) -> Effect {
        let isSame = results.map { $0.page == document.bytes }
        let isOther = results.contains { $0.page != nil && $0.page != document.bytes }
        let error: RegistrationError =
            isOther
            ? .verification
            : results.contains { $0.isTimeOut } ? .requestTimedOut : .verification
        if let effect = retreat(from: document, keeping: isSame, error) { return effect }
        state = .ended
        return .done(document)
    }

    /// Goes on without the servers that failed, if there are any; `nil` when all did well.
    ///
    /// Each time there is one server less, so it ends.
    private mutating func retreat(
        from document: IdentityDocument, keeping: [Bool], _ error: RegistrationError
    ) -> Effect? {
        guard keeping.contains(false) else { return nil }
        chosen = zip(chosen, keeping).filter { $0.1 }.map(\.0)
        guard chosen.count >= counts.lowerBound else { return fail(error) }
        previous = document
        return sign()
    }

    private mutating func fail(_ error: RegistrationError) -> Effect {
        state = .ended
        return .failed(error)
    }
}

extension Registration {
    /// Drives a registration to its end.
    ///
    /// - Parameter sign: makes the document; what it throws is thrown on.
    /// - Throws: ``RegistrationError``, and what `sign` throws.
    package static func perform(
        _ registration: Registration, over exchange: any HTTPExchange,
        deadline: Duration = Limits.identityServerDeadline,
        sign: (DocumentPlan) throws -> IdentityDocument
    ) async throws -> IdentityDocument {
        var registration = registration
        var effect = registration.start()
        while true {
            switch effect {
            case .ask(let calls):
                let results = await exchange.perform(calls, deadline: deadline)
                effect = registration.answered(results)
            case .sign(let plan): effect = registration.signed(try sign(plan))
            case .done(let document): return document
            case .failed(let error): throw error
            }
        }
    }
}

extension Limits {
    /// One exchange with an identity server, as in the older product.
    package static let identityServerDeadline = Duration.seconds(7)
}
