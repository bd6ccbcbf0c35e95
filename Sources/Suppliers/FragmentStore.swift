package import Model

/// Where fragments are kept: on a disk, in memory, behind a session, behind faults.
///
/// Every call blocks until it is done. The customer's side has one thread for each supplier, so
/// that a slow supplier holds up nobody but itself.
///
/// Thread rules: every method may be called from any thread. `FragmentStoreConformance` in
/// Simulation states the rules as tests; every implementation runs it.
package protocol FragmentStore: AnyObject, Sendable {
    var supplier: SupplierID { get }

    /// Whether ``get(_:of:range:into:)`` of a whole fragment has held the bytes against the
    /// fragment id, so that nobody needs to hash them again.
    var checksRoots: Bool { get }

    /// Stores fragments, all of them or none; on return all are durable.
    ///
    /// One group commit: one write, one sync, at most `Limits.groupCommitCountMax` fragments. A
    /// fragment that is there already gets its receipt again and takes no space; one that was
    /// tombstoned or found corrupt is stored anew.
    ///
    /// - Returns: a receipt for each upload, in that order.
    func put(_ uploads: [FragmentUpload]) throws(StoreError) -> [Receipt]

    /// Reads a part of a fragment, all of it when `range` is `nil`.
    ///
    /// Whole fragments are held against the checksum of their record. A part is not: the caller
    /// proves it against the fragment id.
    ///
    /// - Parameter range: bytes within the fragment.
    /// - Parameter target: room for `range`, or for the whole fragment.
    /// - Returns: the bytes read.
    func get(
        _ fragment: FragmentID, of owner: UserID, range: Range<Int>?,
        into target: UnsafeMutableRawBufferPointer
    ) throws(StoreError) -> Int

    /// The same for somebody who may give up on the answer before it comes; a store that cannot be
    /// hurried ignores that.
    func get(
        _ fragment: FragmentID, of owner: UserID, range: Range<Int>?,
        into target: UnsafeMutableRawBufferPointer, cancellation: RequestCancellation
    ) throws(StoreError) -> Int

    /// The header that was put with the fragment.
    func header(of fragment: FragmentID, of owner: UserID) throws(StoreError) -> FragmentHeader

    /// Whether each fragment is here and not known to be corrupt, in the order asked.
    func has(_ fragments: [FragmentID], of owner: UserID) throws(StoreError) -> [Bool]

    /// Fragments of a customer, ascending by id, those after `after`, at most `limit`.
    func list(
        of owner: UserID, after: FragmentID?, limit: Int
    ) throws(StoreError) -> [FragmentRecord]

    /// Gives up fragments, durable on return. Unknown ones are ignored. The space stays taken, and
    /// charged to the customer, until the supplier reclaims it.
    func tombstone(_ fragments: [FragmentID], of owner: UserID) throws(StoreError)

    /// Re-reads fragments and holds their bytes against checksum and id. One that is not what it
    /// was is noted: ``has(_:of:)`` says no from then on, and it can be put again.
    ///
    /// - Returns: whether each is sound, in the order asked; not when it is not there.
    func scrub(_ fragments: [FragmentID], of owner: UserID) throws(StoreError) -> [Bool]

    func usage() throws(StoreError) -> StoreUsage

    /// What one customer may use and uses.
    func usage(of owner: UserID) throws(StoreError) -> CustomerUsage

    /// Both, and whether the supplier ends: one question where each costs a way there and back.
    func standing(of owner: UserID) throws(StoreError) -> StoreStanding

    /// Keeps a head, durable on return; the newest `Limits.headsKept` of each repository stay.
    ///
    /// - Throws: ``StoreError/staleHead(newest:)`` for one that is not newer than all that are
    ///   kept. The newest one again is fine.
    func putHead(_ head: Head) throws(StoreError)

    /// Heads of a customer, newest first; those that the disk has damaged are left out.
    func heads(of owner: UserID) throws(StoreError) -> [Head]

    /// Takes a customer on, or replaces its contract; durable on return.
    ///
    /// - Parameter contract: signed by the customer.
    /// - Returns: the contract in force, signed by both.
    /// - Throws: ``StoreError/badSignature``, or ``StoreError/staleContract(newest:)`` for one that
    ///   is older than that in force.
    @discardableResult
    func admit(_ contract: Contract) throws(StoreError) -> Contract

    /// The contract in force, `nil` when there is none.
    func contract(of owner: UserID) throws(StoreError) -> Contract?

    /// Ends the use of the store: every later call throws ``StoreError/closed``.
    func close()
}

extension FragmentStore {
    package func get(
        _ fragment: FragmentID, of owner: UserID, range: Range<Int>?,
        into target: UnsafeMutableRawBufferPointer, cancellation: RequestCancellation
    ) throws(StoreError) -> Int {
        try get(fragment, of: owner, range: range, into: target)
    }
}

extension FragmentStore {
    package func standing(of owner: UserID) throws(StoreError) -> StoreStanding {
        StoreStanding(store: try usage(), customer: try usage(of: owner), end: nil)
    }
}

/// One fragment on its way to a supplier.
package struct FragmentUpload: Sendable {
    package let header: FragmentHeader
    package let payload: PageBuffer
    /// The fragment's bytes in `payload`: starts on a page, `header.length` long.
    package let range: Range<Int>

    package init(header: FragmentHeader, payload: PageBuffer, range: Range<Int>) {
        self.header = header
        self.payload = payload
        self.range = range
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(payload[range]) }

    /// Why this is no upload; `nil` when it is one.
    package var flaw: StoreError? {
        let page = Limits.pageLength
        guard header.length > 0, header.length % page == 0,
            header.length <= Limits.fragmentLengthMax
        else { return .invalid(field: "length") }
        guard range.lowerBound >= 0, range.lowerBound % page == 0, range.count == header.length,
            range.upperBound <= payload.byteCount
        else { return .invalid(field: "range") }
        guard header.sealedDescriptor.count <= Limits.fragmentHeaderLengthMax else {
            return .invalid(field: "descriptor")
        }
        return nil
    }
}

/// A fragment in a list.
package struct FragmentRecord: Hashable, Sendable {
    package let id: FragmentID
    /// Bytes of the fragment.
    package let length: Int

    package init(id: FragmentID, length: Int) {
        self.id = id
        self.length = length
    }
}

extension FragmentStore {
    package var checksRoots: Bool { false }
}

/// What one customer may use of a store, in bytes.
package struct CustomerUsage: Hashable, Sendable {
    package let quota: Int
    /// Bytes of its records with their headers, tombstoned ones too.
    package let charged: Int

    package init(quota: Int, charged: Int) {
        self.quota = quota
        self.charged = charged
    }

    package var available: Int { max(0, quota - charged) }
}

/// What a supplier says of itself and of one customer.
package struct StoreStanding: Hashable, Sendable {
    package let store: StoreUsage
    package let customer: CustomerUsage
    /// When the supplier ends, in seconds since 1970; `nil` while it stays.
    package let end: Int64?

    package init(store: StoreUsage, customer: CustomerUsage, end: Int64?) {
        self.store = store
        self.customer = customer
        self.end = end
    }
}

/// What a store has and holds, in bytes.
package struct StoreUsage: Hashable, Sendable {
    /// Bytes donated.
    package let capacity: Int
    /// Bytes of all records with their headers, those of tombstoned fragments too.
    package let used: Int
    /// Of `used`, the records of fragments that are tombstoned and not reclaimed yet.
    package let tombstoned: Int
    /// Fragments that can be read.
    package let fragmentCount: Int

    package init(capacity: Int, used: Int, tombstoned: Int, fragmentCount: Int) {
        self.capacity = capacity
        self.used = used
        self.tombstoned = tombstoned
        self.fragmentCount = fragmentCount
    }
}
