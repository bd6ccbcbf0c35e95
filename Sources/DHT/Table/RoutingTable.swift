internal import Model

/// The contacts of one node: many close to its own id, few far away.
///
/// Bucket `i` holds contacts that share exactly `i` leading bits with `own`; the last one all that
/// share more, until it is full and is split. Only nodes that have answered are taken in, so no
/// address gets here by a forged sender.
///
/// Diversity: at most two contacts of one address range in a bucket and eight in all. Local
/// addresses are exempt, since private networks live in one range; so is a young table, since four
/// servers of one provider are a network too, and there the surplus of a range makes room first.
package struct RoutingTable: Sendable {
    struct Bucket: Sendable {
        var entries: [TableEntry] = []
        /// Newest last; they have answered too.
        var replacements: [TableEntry] = []
        /// Seconds of uptime when a lookup last went there; `nil` before the first.
        var refreshed: UInt32?
    }

    package private(set) var own: NodeID
    package private(set) var count = 0
    private(set) var buckets: [Bucket] = [Bucket()]
    private var boundCount = 0

    package init(own: NodeID) {
        self.own = own
    }

    package var bucketCount: Int { buckets.count }

    /// Contacts that have answered in this run.
    package var answeringCount: Int {
        buckets.reduce(0) { $0 + $1.entries.lazy.filter(\.hasAnswered).count }
    }

    var hasAnswering: Bool { buckets.contains { $0.entries.contains(where: \.hasAnswered) } }

    /// All contacts, nearest buckets last.
    package var contacts: [Contact] {
        buckets.flatMap { $0.entries.map(\.contact) }
    }

    func bucketIndex(of id: NodeID) -> Int {
        min(own.sharedPrefix(with: id), buckets.count - 1)
    }

    func entry(of id: NodeID) -> TableEntry? {
        buckets[bucketIndex(of: id)].entries.first { $0.contact.id == id }
    }

    /// Whether this node, not in the table yet, would be of use: worth a probe.
    package func wants(_ contact: Contact) -> Bool {
        guard contact.id != own, mayTake(contact) else { return false }
        let bucket = buckets[bucketIndex(of: contact.id)]
        if bucket.entries.contains(where: { $0.contact.id == contact.id }) { return false }
        if bucket.entries.count < Limits.contactsPerBucket { return true }
        if bucketIndex(of: contact.id) == buckets.count - 1 { return true }
        return bucket.entries.contains { $0.failureCount > 0 || !$0.isBound && contact.isBound }
    }

    /// Notes a query of a node that may be in the table.
    package mutating func asked(by contact: Contact, at seconds: UInt32) {
        let bucket = bucketIndex(of: contact.id)
        guard
            let index = buckets[bucket].entries.firstIndex(where: { $0.contact == contact }),
            buckets[bucket].entries[index].failureCount == 0
        else { return }
        buckets[bucket].entries[index].heard = seconds
    }

    /// Notes an answer, and takes the node in when there is room.
    package mutating func answered(_ contact: Contact, at seconds: UInt32) {
        guard contact.id != own else { return }
        let bucket = bucketIndex(of: contact.id)
        let known = buckets[bucket].entries.firstIndex { $0.contact.id == contact.id }
        guard let known else {
            insert(TableEntry(contact, heard: seconds, hasAnswered: true))
            return
        }
        // An id that moved is believed once its old address is silent.
        guard buckets[bucket].entries[known].contact == contact else {
            if buckets[bucket].entries[known].failureCount > 0 {
                remove(bucket: bucket, index: known)
                insert(TableEntry(contact, heard: seconds, hasAnswered: true))
            }
            return
        }
        buckets[bucket].entries[known].heard = seconds
        buckets[bucket].entries[known].failureCount = 0
        buckets[bucket].entries[known].hasAnswered = true
    }

    /// Takes in a contact of a former run: questionable until it answers.
    package mutating func remember(_ contact: Contact, at seconds: UInt32) {
        guard contact.id != own, entry(of: contact.id) == nil else { return }
        insert(TableEntry(contact, heard: seconds &- TableEntry.goodSeconds, hasAnswered: false))
    }

    /// Notes that a query stayed without an answer.
    package mutating func failed(_ contact: Contact) {
        let bucket = bucketIndex(of: contact.id)
        guard let index = buckets[bucket].entries.firstIndex(where: { $0.contact == contact })
        else { return }
        buckets[bucket].entries[index].failureCount += 1
        let entry = buckets[bucket].entries[index]
        if entry.failureCount >= TableEntry.failureCountMax || !entry.hasAnswered {
            remove(bucket: bucket, index: index)
        }
    }

    /// Drops a node that lied.
    package mutating func drop(_ contact: Contact) {
        let bucket = bucketIndex(of: contact.id)
        buckets[bucket].replacements.removeAll { $0.contact == contact }
        if let index = buckets[bucket].entries.firstIndex(where: { $0.contact == contact }) {
            remove(bucket: bucket, index: index)
        }
    }

    /// The same contacts around another own id.
    package mutating func rename(to id: NodeID) {
        let entries = buckets.flatMap(\.entries)
        self = RoutingTable(own: id)
        for entry in entries where entry.contact.id != id { insert(entry) }
    }

    mutating func refreshed(bucket: Int, at seconds: UInt32) {
        if buckets.indices.contains(bucket) { buckets[bucket].refreshed = seconds }
    }

    // MARK: Taking in

    private mutating func insert(_ entry: TableEntry) {
        guard mayTake(entry.contact) else { return }
        if entry.hasAnswered { evict(at: entry.contact.endpoint) }
        while true {
            let bucket = bucketIndex(of: entry.contact.id)
            if isDiverse(entry.contact, in: bucket),
                buckets[bucket].entries.count < Limits.contactsPerBucket
                    || makeRoom(for: entry, in: bucket)
            {
                buckets[bucket].entries.append(entry)
                count += 1
                if entry.isBound { boundCount += 1 }
                return
            }
            let isLast = bucket == buckets.count - 1
            guard isLast, buckets.count < 160,
                buckets[bucket].entries.count >= Limits.contactsPerBucket
            else { return keepForLater(entry, in: bucket) }
            split()
        }
    }

    /// Another node answers here now.
    private mutating func evict(at endpoint: Endpoint) {
        for bucket in buckets.indices {
            if let index = buckets[bucket].entries.firstIndex(where: {
                $0.contact.endpoint == endpoint
            }) {
                discard(bucket: bucket, index: index)
            }
        }
    }

    /// Gives up a contact that failed, or one whose id is not bound for one whose id is.
    private mutating func makeRoom(for entry: TableEntry, in bucket: Int) -> Bool {
        let worse =
            buckets[bucket].entries.firstIndex {
                $0.failureCount > 0 || entry.isBound && !$0.isBound
            } ?? surplus(in: bucket, for: entry)
        guard let worse else { return false }
        discard(bucket: bucket, index: worse)
        return true
    }

    /// A contact whose range has more than its share of the bucket, when that of `entry` has not.
    private func surplus(in bucket: Int, for entry: TableEntry) -> Int? {
        let entries = buckets[bucket].entries
        func share(_ contact: Contact) -> Int {
            let range = contact.endpoint.address.range
            return entries.count { $0.contact.endpoint.address.range == range }
        }
        guard share(entry.contact) < Limits.contactsPerRangeInBucket else { return nil }
        return entries.lastIndex {
            !$0.contact.endpoint.address.isLocal
                && share($0.contact) > Limits.contactsPerRangeInBucket
        }
    }

    private mutating func keepForLater(_ entry: TableEntry, in bucket: Int) {
        guard entry.hasAnswered, isDiverse(entry.contact, in: bucket) else { return }
        buckets[bucket].replacements.removeAll { $0.contact.id == entry.contact.id }
        if buckets[bucket].replacements.count >= Limits.replacementsPerBucket {
            buckets[bucket].replacements.removeFirst()
        }
        buckets[bucket].replacements.append(entry)
    }

    private mutating func split() {
        let depth = buckets.count - 1
        var near = Bucket()
        near.entries = buckets[depth].entries.filter {
            own.sharedPrefix(with: $0.contact.id) > depth
        }
        near.replacements = buckets[depth].replacements.filter {
            own.sharedPrefix(with: $0.contact.id) > depth
        }
        buckets[depth].entries.removeAll { own.sharedPrefix(with: $0.contact.id) > depth }
        buckets[depth].replacements.removeAll { own.sharedPrefix(with: $0.contact.id) > depth }
        buckets.append(near)
    }

    private mutating func remove(bucket: Int, index: Int) {
        discard(bucket: bucket, index: index)
        while let next = buckets[bucket].replacements.popLast() {
            let bucketNow = bucketIndex(of: next.contact.id)
            guard mayTake(next.contact), isDiverse(next.contact, in: bucketNow) else { continue }
            insert(next)
            return
        }
    }

    private mutating func discard(bucket: Int, index: Int) {
        let entry = buckets[bucket].entries.remove(at: index)
        count -= 1
        if entry.isBound { boundCount -= 1 }
    }

    // MARK: Rules

    /// A young network takes every id; a grown one those that are bound to their address.
    private func mayTake(_ contact: Contact) -> Bool {
        boundCount < Limits.boundContactCountMin || contact.isBound
    }

    private func isDiverse(_ contact: Contact, in bucket: Int) -> Bool {
        let address = contact.endpoint.address
        if address.isLocal || count < Limits.diverseContactCountMin { return true }
        let range = address.range
        func inRange(_ entries: [TableEntry]) -> Int {
            entries.reduce(0) { $0 + ($1.contact.endpoint.address.range == range ? 1 : 0) }
        }
        guard inRange(buckets[bucket].entries) < Limits.contactsPerRangeInBucket else {
            return false
        }
        return buckets.reduce(0) { $0 + inRange($1.entries) } < Limits.contactsPerRangeInTable
    }
}
