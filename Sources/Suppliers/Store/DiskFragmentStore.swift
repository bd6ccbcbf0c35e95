internal import Catalogs
package import Identities
package import Model
internal import Synchronization

/// A fragment store in a directory: segments that are only appended to, and an index of them.
///
/// Invariants:
/// 1. The segments are the truth; the index is made from them and may be behind, never ahead.
/// 2. A receipt is signed after the record's segment was synced and the index knows it.
/// 3. Nothing before the end of a segment is written again, whatever its bytes are.
/// 4. A segment is removed after all that can be read of it is durable in another, and the one
///    with the highest number is never removed.
///
/// Thread rules: any thread; writes take turns, reads wait for nobody but the index. A turn (of
/// segments, contracts, heads) may be held while a disk is waited for, so it is taken by nobody who
/// writes nothing; `members` and `ledger` are never held across a request to the disk.
package final class DiskFragmentStore: FragmentStore {
    package var supplier: SupplierID { key.publicKey.supplierID }
    /// What opening found and did.
    package let opening: OpeningReport

    let key: SupplierKey
    let disk: any Disk
    let layout: StoreLayout
    let options: StoreOptions
    let mark: Bytes32
    let index: FragmentIndex
    let isReadOnly: Bool
    let members: Mutex<[UserID: Member]>
    /// The turn of those who write to segments.
    let writer: Mutex<Writer>
    /// Changes together with the index.
    let ledger: Mutex<StoreLedger>
    let readers = SegmentReaders()
    let compaction = Mutex(CompactionState())
    let headTurn = Mutex(())
    let contractTurn = Mutex(())
    private let lock: (any DiskFile)?
    private let isClosed = Atomic(false)

    /// Opens the store in `directory`, which must exist, and mends what a crash has left.
    ///
    /// - Parameter mark: the secret of the store that is in each record.
    /// - Parameter indexInMemory: builds the index from the segments on each opening.
    package init(
        directory: String, key: SupplierKey, mark: Bytes32, options: StoreOptions,
        disk: any Disk = LocalDisk(), indexInMemory: Bool = false
    ) throws(StoreError) {
        let layout = StoreLayout(root: directory)
        let lock = try StoreOpening.lock(layout, on: disk)
        var opening = StoreOpening(
            disk: disk, layout: layout, mark: mark, isReadOnly: lock == nil)
        let members = try opening.members()
        let index = try opening.index(inMemory: indexInMemory || lock == nil)
        let (writer, ledger) = try opening.writer(filling: index)
        self.key = key
        self.disk = disk
        self.layout = layout
        self.options = options
        self.mark = mark
        self.index = index
        self.isReadOnly = lock == nil
        self.members = Mutex(members)
        self.writer = Mutex(writer)
        self.ledger = Mutex(ledger)
        self.lock = lock
        self.opening = opening.report
    }

    package func usage() throws(StoreError) -> StoreUsage {
        try checkOpen()
        let room = try room()
        return ledger.withLock { ledger in
            StoreUsage(
                capacity: options.capacity ?? ledger.recordsLength + room,
                used: ledger.recordsLength,
                tombstoned: ledger.owners.values.reduce(0) { $0 + $1.tombstonedLength },
                fragmentCount: ledger.owners.values.reduce(0) { $0 + $1.liveCount })
        }
    }

    package func close() {
        guard !isClosed.exchange(true, ordering: .sequentiallyConsistent) else { return }
        writer.withLock { writer in
            // What cannot be given back or noted now, the next opening finds out by itself.
            try? writer.segment?.finish()
            writer.segment = nil
            try? index.close()
        }
        readers.removeAll()
        try? lock?.close()
    }

    /// Bytes that may be written before the disk's reserve is touched.
    func room() throws(StoreError) -> Int {
        do {
            return max(0, try disk.availableByteCount(at: layout.root) - options.diskReserve)
        } catch {
            throw StoreError(error)
        }
    }

    func checkOpen() throws(StoreError) {
        guard !isClosed.load(ordering: .sequentiallyConsistent) else { throw .closed }
    }

    func checkWritable() throws(StoreError) {
        try checkOpen()
        guard !isReadOnly else { throw .readOnly }
    }

    func member(_ owner: UserID) throws(StoreError) -> Member {
        guard let member = members.withLock({ $0[owner] }) else { throw .unknownCustomer(owner) }
        return member
    }

    /// The newest record of a fragment that its owner may read.
    func record(
        of fragment: FragmentID, of owner: UserID
    ) throws(StoreError) -> FragmentIndexRow {
        try checkOpen()
        _ = try member(owner)
        guard let row = try newest([fragment], of: owner)[0] else { throw .notFound }
        if case .tombstoned = row.state { throw .notFound }
        return row
    }

    func newest(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) -> [FragmentIndexRow?] {
        do {
            return try index.newest(fragments, of: owner)
        } catch {
            throw StoreError(error)
        }
    }
}

/// How much a store may take and how it writes.
package struct StoreOptions: Sendable {
    /// Bytes donated; what the disk has when `nil`.
    package var capacity: Int?
    /// Bytes that stay free on the disk whatever is donated.
    package var diskReserve: Int
    package var segmentLengthMax: Int
    /// Whether to move bytes past the page cache where the disk can.
    package var isDirect: Bool

    package init(
        capacity: Int? = nil, diskReserve: Int = Limits.diskReserve,
        segmentLengthMax: Int = Limits.segmentLengthMax, isDirect: Bool = true
    ) {
        self.capacity = capacity
        self.diskReserve = diskReserve
        self.segmentLengthMax = segmentLengthMax
        self.isDirect = isDirect
    }
}

/// Where the next record goes.
struct Writer {
    var segment: SegmentWriter?
    var nextSegment: Int
    var nextSequence: UInt64
    /// The header pages of a group are put together here, and kept for the next group.
    var headers: PageBuffer?

    mutating func takeSequence() -> UInt64 {
        defer { nextSequence += 1 }
        return nextSequence
    }
}
