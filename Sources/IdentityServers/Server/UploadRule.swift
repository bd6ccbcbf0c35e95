package import Catalogs
package import Identities
package import Model

/// Why a server does not take an upload.
package enum UploadRefusal: Error, Equatable, Sendable {
    case tooLong
    case malformed(FormatError)
    /// No source of the document is on this server.
    case notOurs
    /// The name is another key's.
    case nameTaken
    /// A newer document is here, or one that is as new and differs.
    case succession(SuccessionError)
    case tooOften
    case full
    case storage

    /// The status of HTTP. The older product always said 200; its clients do not look at it, and
    /// find out by reading the document back, as ours do too.
    package var status: Int {
        switch self {
        case .tooLong: 413
        case .malformed: 400
        case .notOurs: 403
        case .nameTaken, .succession: 409
        case .tooOften: 429
        case .full: 507
        case .storage: 503
        }
    }

    /// One word for programs; the first of the answer's body.
    package var word: String {
        switch self {
        case .tooLong: "too-long"
        case .malformed: "malformed"
        case .notOurs: "not-ours"
        case .nameTaken: "name-taken"
        case .succession(.rollback): "rollback"
        case .succession(.otherUser): "name-taken"
        case .succession: "equivocation"
        case .tooOften: "too-often"
        case .full: "full"
        case .storage: "storage"
        }
    }

    /// For people, one sentence.
    package var message: String {
        switch self {
        case .tooLong: "an identity document has at most \(Limits.identityDocumentLengthMax) bytes"
        case .malformed: "this is not a valid identity document"
        case .notOurs: "no source of this document is on this server"
        case .nameTaken, .succession(.otherUser): "another key has this name"
        case .succession(.rollback): "a newer document of this identity is here"
        case .succession: "this document contradicts one of this identity that is here"
        case .tooOften: "too many uploads from this address range, try again later"
        case .full: "this server takes no more names"
        case .storage: "the document could not be stored, try again later"
        }
    }
}

/// What becomes of an upload.
package enum UploadVerdict: Equatable, Sendable {
    case store(PublishedIdentity, isNewName: Bool)
    /// The document is here already; its owner is alive.
    case touch(PublishedIdentity)
}

/// The accept rule: a valid document with a source on this host, first come first served by user
/// id, and for a name that is known only what may follow it.
package struct UploadRule: Sendable {
    package let host: Host

    package init(host: Host) {
        self.host = host
    }

    /// Reads an upload; the costly part.
    package func read(_ bytes: [UInt8]) throws(UploadRefusal) -> IdentityDocument {
        guard bytes.count <= Limits.identityDocumentLengthMax else { throw .tooLong }
        let document: IdentityDocument
        do {
            document = try IdentityDocument(decoding: bytes)
        } catch {
            throw .malformed(error)
        }
        guard document.content.sources.contains(where: { $0.host == host }) else {
            throw .notOurs
        }
        return document
    }

    /// - Parameters:
    ///   - known: what is stored under the document's name.
    ///   - age: seconds that the server has run, the time of the touch.
    package func judge(
        _ document: IdentityDocument, known: PublishedIdentity?, age: UInt64
    ) throws(UploadRefusal) -> UploadVerdict {
        let identity = PublishedIdentity(
            name: document.name.text, user: document.userID, sequence: document.order.sequence,
            bytes: document.bytes,
            addresses: document.content.contacts.compactMap { $0.endpoint?.address },
            touched: age)
        guard let known else { return .store(identity, isNewName: true) }
        guard known.user == document.userID else { throw .nameTaken }
        guard let bytes = known.bytes, let stored = try? IdentityDocument(decoding: bytes) else {
            // Withdrawn, or damaged on our disk: what is left says how new it was.
            guard identity.sequence >= known.sequence else {
                throw .succession(
                    .rollback(
                        have: DocumentOrder(sequence: known.sequence), offered: document.order))
            }
            return .store(identity, isNewName: false)
        }
        do {
            switch try Succession.judge(document, after: stored) {
            case .same: return .touch(known)
            case .newer, .rotated: return .store(identity, isNewName: false)
            }
        } catch {
            throw .succession(error)
        }
    }
}
