internal import Catalogs
package import Model
package import Placement
internal import Suppliers
internal import Synchronization

/// A supplier of the family, as the customer's side sees it.
package struct FamilyMember: Sendable {
    package let standing: SupplierStanding
    /// Fragments that it has signed for.
    package let fragmentCount: Int
    /// Bytes that it keeps for us at most, and those that it does; `nil` while it is away.
    package let quota: Int?
    package let usedByteCount: Int?
    package let score: CandidateScore
    /// Seconds that its clock is ahead of ours, to some minutes; `nil` when it is not known.
    package let clockAhead: Int64?

    package var record: SupplierRecord { standing.record }
    package var isFired: Bool { standing.isFired }
    package var answers: Bool { standing.answers }
}

extension Customer {
    /// All suppliers as they are now.
    package func family() throws -> [FamilyMember] {
        let counts = try fragmentCounts()
        return try SupplierWatch(self).entries.map { entry in
            let (id, state) = (entry.supplier.record.id, entry.state)
            let score = CandidateScore(
                Candidate(
                    supplier: id, operatorID: operatorID(of: entry.supplier.record), address: nil,
                    free: min(entry.usage?.available ?? 0, entry.capacityLeft),
                    latency: entry.latency,
                    answeredPerMille: state.absence.answeredPerMille,
                    auditsPassed: Int((state.passes - 1).rounded()),
                    auditsFailed: state.lossCount + state.lieCount))
            return FamilyMember(
                standing: entry.standing, fragmentCount: counts[id] ?? 0,
                quota: entry.usage?.quota, usedByteCount: entry.usage?.charged, score: score,
                clockAhead: entry.supplier.clockAhead)
        }
    }

    /// Those who get new blocks, as a hiring plan sees them.
    package func employedCandidates() throws -> [Candidate] {
        try employed().map {
            Candidate(
                supplier: $0.record.id, operatorID: operatorID(of: $0.record),
                address: NodeAddress($0.record.address)?.endpoints.first?.address, free: 0,
                latency: 0)
        }
    }

    /// The user whose node a supplier is; of a directory nobody but the supplier itself.
    private func operatorID(of record: SupplierRecord) -> UserID {
        NodeAddress(record.address)?.user ?? UserID(record.id.bytes)
    }

    /// Directories of this machine among those that get new blocks.
    package func employedDirectories() throws -> [SupplierRecord] {
        try employed().map(\.record).filter { !NodeAddress.isOne($0.address) }
    }

    // MARK: Who was there

    /// Asks all suppliers, and notes who is there: what ``review(grace:)`` is made from.
    package func lookAtSuppliers() throws { _ = try SupplierWatch(self) }

    /// Suppliers as the last look found them, without asking.
    package func lastStandings() throws -> [SupplierStanding] {
        let states = try states()
        return suppliers.withLock { $0 }.map { supplier in
            let state = states[supplier.record.id] ?? SupplierStateRow(supplier.record.id)
            return SupplierStanding(
                record: supplier.record, away: state.absence.away, isFired: state.isLeaving,
                leaves: state.notice, isTrusted: state.score.isTrusted)
        }
    }

    /// Whom to replace, of those who get new blocks, and how many are to be hired.
    ///
    /// Each fragment of the widest block is to find a supplier that may hold it. A family of
    /// directories hires nobody by itself.
    package func review(grace: UInt64? = nil) throws -> FamilyReview {
        let states = try states()
        let hasNodes = suppliers.withLock { $0.contains { NodeAddress.isOne($0.record.address) } }
        return FamilyReview(
            try employed().map { supplier in
                let id = supplier.record.id
                let state = states[id] ?? SupplierStateRow(id)
                return FamilyReview.Member(
                    supplier: id, absence: state.absence, isTrusted: state.score.isTrusted)
            }, need: hasNodes ? try widestBlock() : 0, grace: grace ?? adapters.grace)
    }

    private func states() throws -> [SupplierID: SupplierStateRow] {
        Dictionary(uniqueKeysWithValues: try catalog.supplierStates().map { ($0.supplier, $0) })
    }
}
