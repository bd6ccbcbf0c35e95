package import Model

/// What a document is to one that is known already.
package enum Succession: Equatable, Sendable {
    case same
    case newer
    /// Newer, and under another root key. Who lets a user do things for which a thief of the seed
    /// would come waits before believing it.
    case rotated

    /// Whether `document` may take the place of `known`.
    ///
    /// Newer means: of the same user, by a root that the known one's root has put in its place, and
    /// ahead in the ``DocumentOrder``. Where the two are neighbours the newer one names the digest
    /// of the older. Two that differ in the same place of the order are an equivocation: the key is
    /// in two hands, or a device was put back to an earlier state; it is told, never settled by
    /// whichever came last.
    package static func judge(
        _ document: IdentityDocument, after known: IdentityDocument
    ) throws(SuccessionError) -> Succession {
        guard document.userID == known.userID else { throw .otherUser(document.userID) }
        if document.bytes == known.bytes { return .same }
        let (have, offered) = (known.order, document.order)
        let histories = (known.keys.history, document.keys.history)
        guard histories.0.isContinued(by: histories.1) || histories.1.isContinued(by: histories.0)
        else { throw .forkedHistory }
        guard offered.sequence > have.sequence else {
            throw offered == have
                ? .equivocation(have) : .rollback(have: have, offered: offered)
        }
        guard offered.generation == have.generation else { return .rotated }
        if offered.epoch == have.epoch {
            guard document.keys == known.keys else { throw .equivocation(have) }
            if offered.revision == have.revision + 1 {
                guard document.content.previous == known.digest else { throw .brokenChain }
            }
        } else if offered.epoch == have.epoch + 1 {
            guard document.keys.previous == known.keys.digest else { throw .brokenChain }
        }
        return .newer
    }
}

/// Why a document may not take the place of a known one.
package enum SuccessionError: Error, Equatable, Sendable {
    case otherUser(UserID)
    case rollback(have: DocumentOrder, offered: DocumentOrder)
    /// Two documents, or two statements of the root, that differ and claim one place.
    case equivocation(DocumentOrder)
    /// The newer names another document, or another statement, as the one before it.
    case brokenChain
    /// Both prove the same user id, by root keys that do not follow each other.
    case forkedHistory

    /// Whether the user should be told: someone else may hold a key.
    package var isAlarming: Bool {
        switch self {
        case .equivocation, .brokenChain, .forkedHistory: true
        case .otherUser, .rollback: false
        }
    }
}
