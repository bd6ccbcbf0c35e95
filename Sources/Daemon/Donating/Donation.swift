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
    /// Bytes promised to friends, with or without a contract: nobody else can have them.
    var gifts: [UserID: Int] = [:]
    /// Bytes promised to whoever takes an invitation that is open.
    var reserved = 0

    var committed: Int { committed(beside: nil) }
    var charged: Int { charged(beside: nil) }

    /// Bytes promised to nobody, that the disks have room for beside what was promised.
    var free: Int { isAccepting ? free(beside: nil) : 0 }

    /// The largest contract that a user may have: always the one it has, and a friend's gift
    /// whatever others get at most.
    func quotaMax(for user: UserID) -> Int {
        let kept = promises.first { $0.owner == user && !$0.isEnded }?.quota ?? 0
        guard isAccepting else { return kept }
        return max(kept, min(max(customerMax, gifts[user] ?? 0), free(beside: user)))
    }

    /// Bytes to be donated so that a user can get a gift beside all that is promised to others.
    func needed(for gift: Int, to user: UserID?) -> Int {
        let own = promises.filter { $0.owner == user }.map(\.committed)
        return Donation.sum([committed(beside: user), max(gift, Donation.sum(own))])
    }

    /// Bytes that the disks have for a user, with what it has stored.
    func room(for user: UserID?) -> Int {
        let own = charged - charged(beside: user)
        let (sum, overflows) = room.addingReportingOverflow(own)
        let owed = committed(beside: user) - charged(beside: user)
        return max(0, (overflows ? .max : sum) - owed)
    }

    private func free(beside user: UserID?) -> Int {
        let committed = committed(beside: user)
        let owed = committed - charged(beside: user)
        return max(0, min(donated - committed, room - owed))
    }

    private func committed(beside user: UserID?) -> Int {
        var rest = gifts
        var parts = [reserved]
        for promise in promises {
            // A gift is larger than a contract that has not grown to it yet.
            let gift = rest.removeValue(forKey: promise.owner) ?? 0
            if promise.owner != user { parts.append(max(promise.committed, gift)) }
        }
        if let user { rest[user] = nil }
        return Donation.sum(parts + rest.values)
    }

    private func charged(beside user: UserID?) -> Int {
        Donation.sum(promises.filter { $0.owner != user }.map(\.charged))
    }

    /// Contracts may name more bytes than an integer holds together.
    private static func sum(_ values: [Int]) -> Int {
        values.reduce(0) { sum, value in
            let (next, overflows) = sum.addingReportingOverflow(value)
            return overflows ? .max : next
        }
    }
}
