package import Catalogs
package import Identities
package import Model

/// Why what a server gave is not used.
package enum LookupFault: Error, Equatable, Sendable {
    case failed(ExchangeFailure)
    case status(Int)
    case tooLong
    case malformed(FormatError)
    /// A document of another name than was asked for.
    case otherName
    /// A document of another user than was expected.
    case otherUser(UserID)
    /// A valid document that names no source on the server that gave it.
    case notItsSource
    /// Older than, or at odds with, what this machine has believed before.
    case succession(SuccessionError)
}

/// What a look-up found.
package struct LookupFinding: Equatable, Sendable {
    /// The newest valid one; `nil` when there is none.
    package var document: IdentityDocument?
    /// For each source that was asked, what was wrong; `nil` where the document was valid.
    package var faults: [LookupFault?]
    /// Valid documents that contradict each other, or what was believed: the user's key may be in
    /// two hands, or a server makes up identities.
    package var alarms: [SuccessionError]
}

/// Chooses among what the servers of a source list gave. A server is believed in nothing: what
/// counts is signed, for the user expected, and not older than what was seen.
package enum IdentityLookup {
    /// - Parameters:
    ///   - sources: that were asked.
    ///   - results: of each, in the same order.
    ///   - user: who is looked for; `nil` when only the name is known, as on first contact.
    ///   - seen: the newest document of the user that was believed before.
    package static func choose(
        _ sources: [Source], _ results: [ServerResult], user: UserID?, seen: IdentityDocument?
    ) -> LookupFinding {
        let expected = user ?? seen?.userID
        var finding = LookupFinding(document: nil, faults: [], alarms: [])
        for (source, result) in zip(sources, results) {
            do throws(LookupFault) {
                let document = try valid(result, at: source)
                if let expected, document.userID != expected {
                    throw .otherUser(document.userID)
                }
                if let seen { try judge(document, after: seen) }
                try finding.consider(document)
                finding.faults.append(nil)
            } catch {
                if case .succession(let reason) = error, reason.isAlarming {
                    finding.alarms.append(reason)
                }
                finding.faults.append(error)
            }
        }
        // Nobody was expected and two users came: which of them is meant is not for us to guess.
        if expected == nil, finding.alarms.contains(where: \.isOtherUser) {
            finding.document = nil
        }
        return finding
    }

    private static func valid(
        _ result: ServerResult, at source: Source
    ) throws(LookupFault) -> IdentityDocument {
        let answer: HTTPAnswer
        switch result {
        case .failure(let failure): throw .failed(failure)
        case .success(let found): answer = found
        }
        guard answer.status == 200 else { throw .status(answer.status) }
        guard answer.body.count <= Limits.identityDocumentLengthMax else { throw .tooLong }
        let document: IdentityDocument
        do {
            document = try IdentityDocument(decoding: answer.body)
        } catch {
            throw .malformed(error)
        }
        guard document.name == source.name else { throw .otherName }
        guard document.content.sources.contains(where: { $0.host == source.host }) else {
            throw .notItsSource
        }
        return document
    }

    fileprivate static func judge(
        _ document: IdentityDocument, after known: IdentityDocument
    ) throws(LookupFault) {
        do {
            _ = try Succession.judge(document, after: known)
        } catch {
            throw .succession(error)
        }
    }
}

extension LookupFinding {
    /// Takes a valid document if it is newer than the one found so far; older copies of the same
    /// history are no fault, since servers lag.
    ///
    /// A second user under the same name is told.
    fileprivate mutating func consider(_ next: IdentityDocument) throws(LookupFault) {
        guard let found = document else {
            document = next
            return
        }
        guard next.userID == found.userID else {
            alarms.append(.otherUser(next.userID))
            throw .otherUser(next.userID)
        }
        let isAhead = next.order.sequence > found.order.sequence
        let (newer, older) = isAhead ? (next, found) : (found, next)
        try IdentityLookup.judge(newer, after: older)
        document = newer
    }
}

/// Looks users up, and remembers what it believed.
package struct IdentityFinder: Sendable {
    private let exchange: any HTTPExchange
    private let seen: SeenIdentities

    package init(exchange: any HTTPExchange, seen: SeenIdentities) {
        self.exchange = exchange
        self.seen = seen
    }

    /// Asks all sources at once, then those that the document found names besides; the newest
    /// valid one is remembered.
    ///
    /// With `user` or a remembered user of that name, a finding without a document means that
    /// nothing new was found; ``remembered(_:)`` has what was believed before.
    package func find(
        _ sources: [Source], user: UserID? = nil,
        deadline: Duration = Limits.identityServerDeadline
    ) async throws -> LookupFinding {
        let sources = Array(sources.prefix(Limits.identitySourceCountMax))
        var known = try user.flatMap { try remembered($0) }
        var finding = await ask(sources, user: user, seen: known, deadline: deadline)
        guard let found = finding.document else { return finding }
        try believe(found)
        known = found
        let others = found.content.sources.filter { !sources.contains($0) }
        guard !others.isEmpty else { return finding }
        let more = await ask(others, user: found.userID, seen: known, deadline: deadline)
        finding.alarms += more.alarms
        if let newer = more.document {
            try believe(newer)
            finding.document = newer
        }
        return finding
    }

    private func ask(
        _ sources: [Source], user: UserID?, seen: IdentityDocument?, deadline: Duration
    ) async -> LookupFinding {
        let results = await exchange.perform(sources.map { .get("\($0)") }, deadline: deadline)
        return IdentityLookup.choose(sources, results, user: user, seen: seen)
    }

    /// Remembers a document that came another way: from the DHT, or from the user's own node.
    ///
    /// - Throws: ``SuccessionError`` when it may not follow what is known.
    package func believe(_ document: IdentityDocument) throws {
        if let known = try remembered(document.userID) {
            guard try Succession.judge(document, after: known) != .same else { return }
        }
        try seen.record(
            SeenIdentity(
                user: document.userID, globalID: "\(document.globalID)",
                sequence: document.order.sequence, bytes: document.bytes))
    }

    package func remembered(_ user: UserID) throws -> IdentityDocument? {
        try seen.newest(of: user).flatMap { try? IdentityDocument(decoding: $0.bytes) }
    }

    package func remembered(_ globalID: GlobalID) throws -> [IdentityDocument] {
        try seen.users(calling: "\(globalID)").compactMap {
            try? IdentityDocument(decoding: $0.bytes)
        }
    }
}

extension SuccessionError {
    fileprivate var isOtherUser: Bool {
        if case .otherUser = self { true } else { false }
    }
}
