package import Model
package import Placement
package import Suppliers

/// Puts challenges to one supplier, and books what its answers prove.
///
/// Half of the challenges are put as audits, half as plain reads of a range, so that a supplier
/// that answers audits and serves nothing is found like one that serves and fails them.
package struct SupplierAudit {
    package private(set) var passedCount = 0
    package private(set) var lostCount = 0
    package private(set) var unansweredCount = 0
    /// Challenges without an answer since the last that had one.
    private var silences = 0

    private let store: RemoteFragmentStore
    private let owner: UserID
    private let random: any RandomSource
    private let ledger: any RebuildLedger

    package init(
        of store: RemoteFragmentStore, owner: UserID, random: any RandomSource,
        ledger: any RebuildLedger
    ) {
        self.store = store
        self.owner = owner
        self.random = random
        self.ledger = ledger
    }

    /// It has gone silent altogether: that is for who counts absence, not for a score.
    package var isSilent: Bool { silences >= Limits.roundSilencesMax }

    /// Puts one challenge for the fragment that the supplier should have of a block.
    ///
    /// - Parameter schedule: holds the challenge until it is decided.
    /// - Returns: `nil` while it is not.
    /// - Throws: what the ledger throws.
    package mutating func put(
        _ challenge: AuditSchedule.Challenge, _ schedule: inout AuditSchedule,
        of block: SealedBlock, position: Int
    ) throws -> SupplierScore.Verdict? {
        let answer = ask(challenge, block, position)
        guard let verdict = schedule.answered(answer) else {
            unansweredCount += 1
            silences += 1
            return nil
        }
        if answer != .none { silences = 0 }
        guard verdict != .passed else {
            passedCount += 1
            return verdict
        }
        lostCount += 1
        _ = try? store.scrub([block.fragments[position]], of: owner)
        try ledger.lost(block, position: position, on: store.supplier)
        return verdict
    }

    private func ask(
        _ challenge: AuditSchedule.Challenge, _ block: SealedBlock, _ position: Int
    ) -> AuditSchedule.Answer {
        let fragment = block.fragments[position]
        let length = block.fragmentLength
        let range = challenge.range(length: length)
        do throws(StoreError) {
            if challenge.isRead {
                let buffer = PageBuffer(byteCount: range.count)
                try store.getProved(
                    fragment, of: owner, range: range, length: length,
                    into: buffer[0..<range.count])
            } else {
                try store.audit(
                    AuditChallenge(fragment, nonce: random.bytes32(), ranges: [range]), of: owner,
                    length: length)
            }
            return .proved
        } catch {
            switch error {
            case .notFound, .corrupt: return .missing
            case .lied: return .wrong
            default: return .none
            }
        }
    }
}
