internal import Model

/// Queries of ours that wait for their answer.
struct PendingQueries: Sendable {
    enum Purpose: Equatable, Sendable {
        /// Is an unknown node where it says it is?
        case probe
        case keepAlive
        case join
        case lookup(UInt32, path: Int)
        case store(UInt32)
        case ping(UInt64)
    }

    struct Query: Sendable {
        let endpoint: Endpoint
        /// `nil` when only the address was known.
        let expected: NodeID?
        let purpose: Purpose
        let nonce: UInt32
        var deadline: UInt64
        /// Past the first deadline: somebody else is asked meanwhile.
        var isStalled = false
    }

    /// What a query is given before others are asked, and until it has failed.
    static let stallDelay: UInt64 = 1_000_000_000
    static let failDelay: UInt64 = 4_000_000_000

    private var slots: [Query?] = []
    private var free: [Int] = []
    /// No deadline is before this.
    private(set) var earliest = UInt64.max
    /// Where unknown nodes are asked whether they are there.
    private var probed: [Endpoint] = []

    var count: Int { slots.count - free.count }
    var probeCount: Int { probed.count }

    /// `nil` when too many are under way.
    mutating func add(
        _ purpose: Purpose, to endpoint: Endpoint, expecting expected: NodeID?, nonce: UInt32,
        now: UInt64
    ) -> UInt64? {
        let deadline = now + PendingQueries.stallDelay
        let query = Query(
            endpoint: endpoint, expected: expected, purpose: purpose, nonce: nonce,
            deadline: deadline)
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
            slots[slot] = query
        } else {
            guard slots.count < Limits.pendingQueryCountMax else { return nil }
            slot = slots.count
            slots.append(query)
        }
        if purpose == .probe { probed.append(endpoint) }
        earliest = min(earliest, deadline)
        return UInt64(slot) << 32 | UInt64(nonce)
    }

    /// The query that an answer belongs to, taken out.
    mutating func take(_ answer: KRPCMessage, from endpoint: Endpoint) -> Query? {
        guard answer.transaction.count == KRPC.transactionLength else { return nil }
        var word: UInt64 = 0
        for index in answer.transaction { word = word << 8 | UInt64(answer.bytes[index]) }
        let slot = Int(word >> 32)
        guard slot < slots.count, let query = slots[slot],
            query.nonce == UInt32(truncatingIfNeeded: word), query.endpoint == endpoint
        else { return nil }
        release(slot)
        return query
    }

    func isProbing(_ endpoint: Endpoint) -> Bool {
        for other in probed where other == endpoint { return true }
        return false
    }

    /// Appends the queries that stall or fail now; those that fail are taken out.
    mutating func expire(now: UInt64, stalled: inout [Query], failed: inout [Query]) {
        guard earliest <= now else { return }
        earliest = .max
        for slot in slots.indices {
            guard var query = slots[slot] else { continue }
            if query.deadline <= now {
                if query.isStalled {
                    release(slot)
                    failed.append(query)
                    continue
                }
                stalled.append(query)
                query.isStalled = true
                query.deadline += PendingQueries.failDelay - PendingQueries.stallDelay
                slots[slot] = query
            }
            earliest = min(earliest, query.deadline)
        }
    }

    private mutating func release(_ slot: Int) {
        if let query = slots[slot], query.purpose == .probe,
            let index = probed.firstIndex(of: query.endpoint)
        {
            probed.remove(at: index)
        }
        slots[slot] = nil
        free.append(slot)
    }
}
