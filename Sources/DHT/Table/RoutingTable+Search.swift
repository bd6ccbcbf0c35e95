internal import Model

extension RoutingTable {
    private struct Ranked {
        let distance: NodeID
        let contact: Contact
    }

    /// Appends up to `limit` contacts, nearest to `target` first.
    ///
    /// The bucket of the target holds the nearest, then come the deeper ones together, then the
    /// shallower ones one by one: each group is nearer than the next, so the search ends early.
    ///
    /// - Parameter isLocalAllowed: whether contacts at local addresses may be among them.
    func closest(
        to target: NodeID, limit: Int, isLocalAllowed: Bool = true, into found: inout [Contact]
    ) {
        let home = bucketIndex(of: target)
        var ranked: [Ranked] = []
        ranked.reserveCapacity(limit + 1)
        rank(home..<home + 1, target, limit, isLocalAllowed, &ranked)
        if ranked.count < limit {
            rank(home + 1..<buckets.count, target, limit, isLocalAllowed, &ranked)
        }
        var bucket = home - 1
        while ranked.count < limit, bucket >= 0 {
            rank(bucket..<bucket + 1, target, limit, isLocalAllowed, &ranked)
            bucket -= 1
        }
        for entry in ranked { found.append(entry.contact) }
    }

    /// Sorts the contacts of a group in behind what is there, which is nearer.
    private func rank(
        _ group: Range<Int>, _ target: NodeID, _ limit: Int, _ isLocalAllowed: Bool,
        _ ranked: inout [Ranked]
    ) {
        let start = ranked.count
        for bucket in group {
            for entry in buckets[bucket].entries where entry.failureCount == 0 {
                if !isLocalAllowed, entry.contact.endpoint.address.isLocal { continue }
                guard entry.hasAnswered else { continue }
                let distance = entry.contact.id.distance(to: target)
                if ranked.count == limit, !(distance < ranked[limit - 1].distance) { continue }
                var index = ranked.count
                while index > start, distance < ranked[index - 1].distance { index -= 1 }
                ranked.insert(Ranked(distance: distance, contact: entry.contact), at: index)
                if ranked.count > limit { ranked.removeLast() }
            }
        }
    }

    /// The contact that has been silent longest, when it is time to ask whether it is there.
    func stalest(at seconds: UInt32) -> Contact? {
        var oldest: TableEntry?
        for bucket in buckets {
            for entry in bucket.entries where !entry.isGood(at: seconds) {
                if let known = oldest, seconds &- known.heard >= seconds &- entry.heard {
                    continue
                }
                oldest = entry
            }
        }
        return oldest?.contact
    }

    /// A bucket that no lookup has gone to for long: an hour when it is full, else a quarter.
    func bucketToRefresh(at seconds: UInt32) -> Int? {
        buckets.indices.first { index in
            guard let refreshed = buckets[index].refreshed else { return true }
            let isFull = buckets[index].entries.count >= Limits.contactsPerBucket
            return seconds &- refreshed >= (isFull ? 3600 : 900)
        }
    }
}
