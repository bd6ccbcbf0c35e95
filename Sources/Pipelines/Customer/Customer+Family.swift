internal import Catalogs
package import Model
package import Placement
internal import Suppliers
internal import Synchronization

/// A supplier of the family, as the customer's side sees it.
package struct FamilyMember: Sendable {
    package let record: SupplierRecord
    /// Why it cannot be used; `nil` when it can.
    package let failure: String?
    package let isFired: Bool
    /// Fragments that it has signed for.
    package let fragmentCount: Int
    /// Bytes that it keeps for us at most, and those that it does; `nil` while it is away.
    package let quota: Int?
    package let usedByteCount: Int?
    package let score: CandidateScore
    /// Seconds that its clock is ahead of ours, to some minutes; `nil` when it is not known.
    package let clockAhead: Int64?
}

extension Customer {
    /// All suppliers as they are now, asked for their usage.
    package func family() throws -> [FamilyMember] {
        let fired = try fired
        let counts = try fragmentCounts()
        let records = try attendance()
        let states = Dictionary(
            uniqueKeysWithValues: try catalog.supplierStates().map { ($0.supplier, $0) })
        return suppliers.withLock { $0 }.map { supplier in
            let start = adapters.time.uptime
            let usage = try? supplier.store?.usage(of: owner.user)
            let latency = adapters.time.uptime - start
            let id = supplier.record.id
            let score = CandidateScore(
                Candidate(
                    supplier: id, operatorID: operatorID(of: supplier.record), address: nil,
                    free: usage?.available ?? 0, latency: usage == nil ? .max : latency,
                    answeredPerMille: records[id]?.answeredPerMille,
                    auditsPassed: Int(((states[id]?.passes ?? 1) - 1).rounded()),
                    auditsFailed: states[id].map { $0.lossCount + $0.lieCount } ?? 0))
            return FamilyMember(
                record: supplier.record, failure: supplier.failure.map(reasonText),
                isFired: fired.contains(id), fragmentCount: counts[id] ?? 0,
                quota: usage?.quota, usedByteCount: usage?.charged, score: score,
                clockAhead: supplier.clockAhead)
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

    /// How often one of the family was asked for, answered, and when it was last of use.
    struct Attendance {
        var lastUseful: Int64
        var asked: UInt32
        var answered: UInt32

        /// `nil` before there is enough to tell.
        var answeredPerMille: Int? {
            asked < 4 ? nil : Int(UInt64(answered) * 1000 / UInt64(asked))
        }
    }

    private static let attendanceName = "supplier attendance"

    /// ```
    /// for each supplier: id 32, last useful 8 (seconds since 1970), asked 4, answered 4
    /// ```
    ///
    /// What does not read is as if it had not been noted.
    private func attendance() throws -> [SupplierID: Attendance] {
        let bytes = try catalog.setting(Customer.attendanceName) ?? []
        var reader = ByteReader(bytes, format: Customer.attendanceName)
        var all: [SupplierID: Attendance] = [:]
        do {
            while reader.remainingByteCount > 0 {
                let id = try reader.identifier(SupplierID.self)
                all[id] = Attendance(
                    lastUseful: try reader.integer(), asked: try reader.integer(),
                    answered: try reader.integer())
            }
        } catch {
            return [:]
        }
        return all
    }

    /// Notes who is there now; a supplier without room is there and of no use.
    package func noteAttendance() throws {
        var all = try attendance()
        let now = adapters.time.now.nanoseconds / 1_000_000_000
        let open = suppliers.withLock { $0 }
        let user = owner.user
        // All at once: each is a way there and back.
        let usages = inParallel(open) { try? $0.store?.usage(of: user) }
        for (supplier, usage) in zip(open, usages) {
            // A new one has all of its grace before it.
            var one =
                all[supplier.record.id] ?? Attendance(lastUseful: now, asked: 0, answered: 0)
            one.asked = one.asked &+ 1
            if let usage {
                one.answered = one.answered &+ 1
                if usage.available >= Limits.networkQuotaMin { one.lastUseful = now }
            }
            all[supplier.record.id] = one
        }
        let known = Set(open.map(\.record.id))
        var writer = ByteWriter()
        for (id, one) in all.sorted(by: { $0.key < $1.key }) where known.contains(id) {
            writer.identifier(id)
            writer.integer(one.lastUseful)
            writer.integer(one.asked)
            writer.integer(one.answered)
        }
        try catalog.set(Customer.attendanceName, to: writer.bytes)
    }

    /// Whom to replace, of those who get new blocks.
    package func review() throws -> FamilyReview {
        let all = try attendance()
        let now = adapters.time.now.nanoseconds / 1_000_000_000
        return FamilyReview(
            try employed().map { supplier in
                FamilyReview.Member(
                    supplier: supplier.record.id,
                    lastUseful: all[supplier.record.id]?.lastUseful ?? now)
            }, now: now)
    }
}
