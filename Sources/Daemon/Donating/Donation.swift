internal import Model

/// What a supplier may still promise, as a value: what is free is given to whoever asks, and never
/// twice.
struct Donation: Equatable, Sendable {
    /// What is promised to one customer, in bytes.
    struct Promise: Equatable, Sendable {
        let owner: UserID
        let quota: Int
        /// Bytes of what is stored.
        let charged: Int
        /// Whether the term is over: what is stored stays, and no more is promised.
        let isEnded: Bool

        /// Bytes that nobody else can have.
        var committed: Int { isEnded ? charged : max(quota, charged) }
    }

    /// Bytes donated.
    var donated: Int
    /// Bytes for one customer at most.
    var customerMax: Int
    /// Bytes that the disks still take.
    var room: Int
    /// Whether anything new is taken.
    var isAccepting: Bool
    var promises: [Promise]

    var committed: Int { Donation.sum(promises.map(\.committed)) }
    var charged: Int { Donation.sum(promises.map(\.charged)) }

    /// Bytes promised to nobody, that the disks have room for beside what was promised.
    var free: Int { isAccepting ? free(beside: promises) : 0 }

    /// The largest contract that a user may have: always the one it has.
    func quotaMax(for user: UserID) -> Int {
        let kept = promises.first { $0.owner == user && !$0.isEnded }?.quota ?? 0
        guard isAccepting else { return kept }
        return max(kept, min(customerMax, free(beside: promises.filter { $0.owner != user })))
    }

    private func free(beside others: [Promise]) -> Int {
        let committed = Donation.sum(others.map(\.committed))
        let owed = committed - Donation.sum(others.map(\.charged))
        return max(0, min(donated - committed, room - owed))
    }

    /// Contracts may name more bytes than an integer holds together.
    private static func sum(_ values: [Int]) -> Int {
        values.reduce(0) { sum, value in
            let (next, overflows) = sum.addingReportingOverflow(value)
            return overflows ? .max : next
        }
    }
}
