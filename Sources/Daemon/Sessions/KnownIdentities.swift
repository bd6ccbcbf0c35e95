internal import APIModel
internal import Identities
internal import Model
internal import Networking
internal import Suppliers
internal import Synchronization

/// The newest identity documents of others that this node has seen, on disk and in memory: where
/// they are, and which devices are theirs.
///
/// Thread rules: any thread.
final class KnownIdentities: Sendable {
    private struct State {
        var documents: [UserID: IdentityDocument] = [:]
        /// Least recently learned first.
        var order: [UserID] = []
        /// Users who are looked for now.
        var wanted: Set<UserID> = []
    }

    private let directory: String
    private let find: @Sendable (DeviceCertificate, [Source]) async -> IdentityDocument?
    private let state: Mutex<State>
    private let held: HeldRotations
    private let tell: @Sendable (IdentityDocument) -> Void

    /// - Parameters:
    ///   - time: by which a new root waits until it is believed.
    ///   - tell: hears of new roots when they are seen first.
    /// - Parameter find: the newest document that the network shows of who certified a device,
    ///   asked for at these sources too.
    init(
        directory: String, time: ServiceTime,
        tell: @escaping @Sendable (IdentityDocument) -> Void = { _ in },
        find: @escaping @Sendable (DeviceCertificate, [Source]) async -> IdentityDocument?
    ) {
        self.directory = directory
        self.find = find
        self.tell = tell
        held = HeldRotations(directory: directory, time: time)
        state = Mutex(State())
        for document in KnownIdentities.saved(in: directory) { remember(document) }
    }

    func document(of user: UserID) -> IdentityDocument? {
        if let document = held.due(user) { keep(document) }
        return state.withLock { $0.documents[user] }
    }

    /// All that are known, by name.
    var documents: [IdentityDocument] {
        state.withLock { Array($0.documents.values) }.sorted {
            ("\($0.globalID)", $0.userID) < ("\($1.globalID)", $1.userID)
        }
    }

    /// Whether a device is not known to be another's or revoked.
    func isDevice(_ device: DeviceID, of user: UserID) -> Bool {
        guard let document = document(of: user) else { return true }
        return document.keys.certificates.contains { $0.device.deviceID == device }
    }

    /// Keeps a document that follows the one known, or the first; one under a new root only when
    /// `Limits.rotationHold` has passed.
    ///
    /// - Returns: whether it was new, and is believed.
    @discardableResult
    func learn(_ document: IdentityDocument) -> Bool {
        if let known = self.document(of: document.userID) {
            // What contradicts the known one comes from a key in two hands: the known one stays.
            let succession = try? Succession.judge(document, after: known)
            if succession == .rotated {
                if held.hold(document) { tell(document) }
                return false
            }
            guard succession == .newer else { return false }
        }
        keep(document)
        return true
    }

    /// Nanoseconds until a new root of a user is believed; `nil` when none is known.
    func holdLeft(of user: UserID) -> UInt64? { held.left(user) }

    private func keep(_ document: IdentityDocument) {
        remember(document)
        // A copy that is lost is looked for again.
        try? HomeFile.write(document.bytes, to: path(of: document.userID))
    }

    /// What a peer may ask before its device is known to be its user's: what is known of its user,
    /// and to be believed, by bringing the document that names it.
    ///
    /// A device that the known document does not name was revoked, or is newer than the document:
    /// one that is looked for now.
    ///
    /// - Returns: the answer to a document; `nil` when the request is for others to answer.
    /// - Throws: ``SessionRefusal/notAllowed``.
    func receive(
        _ request: SessionRequest, from peer: SessionPeer
    ) throws(SessionRefusal) -> SessionResponse? {
        if SessionHandlers.Magic(of: request.header) == KnownIdentities.introduction {
            guard let document = try? IdentityDocument(decoding: request.payload.array),
                document.userID == peer.userID,
                document.keys.certificate(of: peer.certificate.device) != nil
            else { throw .notAllowed }
            learn(document)
            return SessionResponse(header: KnownIdentities.answerHeader)
        }
        if SessionHandlers.Magic(of: request.header) == KnownIdentities.question {
            // Public, and the root has signed for who asks.
            guard let document = document(of: peer.userID) else { throw .notAllowed }
            return SessionResponse(
                header: KnownIdentities.answerHeader, payload: SessionPayload(document.bytes))
        }
        if isDevice(peer.deviceID, of: peer.userID) { return nil }
        Task { await look(for: peer) }
        throw .notAllowed
    }

    // MARK: Looking

    /// `docs/formats/session.md`: a node's own document, asked for in a session with it.
    static let magic = SessionHandlers.Magic("BDIDREQ1")
    static let requestHeader = Array("BDIDREQ1".utf8)
    static let answerHeader = Array("BDIDRSP1".utf8)
    /// The same brought by the peer itself.
    static let introduction = SessionHandlers.Magic("BDIDPUT1")
    static let introductionHeader = Array("BDIDPUT1".utf8)
    /// What is the newest document of mine that you know?
    static let question = SessionHandlers.Magic("BDIDASK1")
    static let questionHeader = Array("BDIDASK1".utf8)

    /// Asks a new peer for its document, unless it is known; then the network.
    func meet(_ session: Session) async {
        let peer = session.peer
        guard document(of: peer.userID) == nil else { return }
        let answer = try? await session.request(
            SessionRequest(
                header: KnownIdentities.requestHeader,
                responseLengthMax: Limits.identityDocumentLengthMax))
        guard let answer, answer.header == KnownIdentities.answerHeader,
            let document = try? IdentityDocument(decoding: answer.payload.array),
            document.userID == peer.userID,
            // One that leaves its sender out would only lock it out.
            document.keys.certificate(of: peer.certificate.device) != nil
        else { return await look(for: peer) }
        learn(document)
    }

    /// Looks for the newest document of a peer.
    func look(for peer: SessionPeer) async {
        let user = peer.userID
        let isFirst = state.withLock { state in
            guard state.wanted.count < Limits.identityLookupCountMax else { return false }
            return state.wanted.insert(user).inserted
        }
        guard isFirst else { return }
        let sources = document(of: user)?.content.sources ?? []
        if let found = await find(peer.certificate, sources), found.userID == user { learn(found) }
        state.withLock { _ = $0.wanted.remove(user) }
    }

    private func remember(_ document: IdentityDocument) {
        let forgotten = state.withLock { state -> UserID? in
            let user = document.userID
            state.order.removeAll { $0 == user }
            state.order.append(user)
            state.documents[user] = document
            guard state.order.count > Limits.knownIdentityCountMax else { return nil }
            let oldest = state.order.removeFirst()
            state.documents[oldest] = nil
            return oldest
        }
        if let forgotten {
            HomeFile.remove(path(of: forgotten))
            held.forget(forgotten)
        }
    }

    private func path(of user: UserID) -> String { "\(directory)/\(user).xml" }

    private static func saved(in directory: String) -> [IdentityDocument] {
        HomeFile.names(in: directory).compactMap { name in
            guard name.hasSuffix(".xml"),
                let bytes = try? HomeFile.read(
                    "\(directory)/\(name)", limit: Limits.identityDocumentLengthMax),
                let document = try? IdentityDocument(decoding: bytes),
                name == "\(document.userID).xml"
            else { return nil }
            return document
        }
    }
}

extension KnownIdentities {
    /// How a user is called in answers, as far as its document is known.
    func names(of user: UserID) -> [String: APIValue] {
        let document = document(of: user)
        return [
            "user_id": .text("\(user)"),
            "idurl": APIValue(document.map { "\($0.content.sources[0])" }),
            "global_id": APIValue(document.map { "\($0.globalID)" }),
        ]
    }
}
