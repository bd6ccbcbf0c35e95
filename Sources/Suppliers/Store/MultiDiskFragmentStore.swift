internal import Catalogs
internal import Identities
package import Model
internal import Synchronization

/// The store of a supplier on one or several disks: a fragment is put on the disk with the most
/// room, contracts and heads on all of them. A disk that dies takes its own fragments along, and
/// no others.
///
/// Invariants:
/// 1. Quotas and the donation are those of all disks together, exact to the byte: what a put may
///    use is reserved before it begins.
/// 2. Each directory is a supplier's, of the same key, and can be opened alone.
///
/// Thread rules: any thread; a disk that hangs in a put holds up the puts that need this disk, and
/// nobody else.
package final class MultiDiskFragmentStore: FragmentStore {
    package let supplier: SupplierID
    package let slots: [DiskSlot]

    private let capacity: Mutex<Int?>
    private let isClosed = Atomic(false)
    let placing = Mutex(PutsUnderWay())

    /// - Parameter slots: at least one, all of one supplier, their stores without capacity of
    ///   their own.
    /// - Parameter capacity: bytes donated on all of them; what they have when `nil`.
    package init(_ slots: [DiskSlot], capacity: Int?) throws(StoreError) {
        guard let first = slots.first,
            slots.allSatisfy({ $0.store.supplier == first.store.supplier })
        else { throw .invalid(field: "disks") }
        supplier = first.store.supplier
        self.slots = slots
        self.capacity = Mutex(capacity)
        reconcile()
    }

    /// Gives more from now on, or less: what is stored stays, and nothing is taken until there is
    /// room again.
    package func setCapacity(_ byteCount: Int) { capacity.withLock { $0 = byteCount } }

    /// Everybody who has a contract, by owner.
    package var contracts: [Contract] {
        var found: [UserID: Contract] = [:]
        for slot in readable {
            for contract in slot.store.contracts
            where found[contract.owner].map({ $0.sequence < contract.sequence }) ?? true {
                found[contract.owner] = contract
            }
        }
        return found.values.sorted { $0.owner.bytes < $1.owner.bytes }
    }

    /// Fragments of a customer that can be read.
    package func fragmentCount(of owner: UserID) -> Int {
        readable.reduce(0) { $0 + $1.store.fragmentCount(of: owner) }
    }

    /// Looks at each disk, and says how it is.
    package func examine() -> [(slot: DiskSlot, condition: DiskSlot.Condition)] {
        slots.map { ($0, $0.examine()) }
    }

    package func close() {
        guard !isClosed.exchange(true, ordering: .sequentiallyConsistent) else { return }
        for slot in slots { slot.store.close() }
    }

    var readable: [DiskSlot] { slots.filter(\.isReadable) }

    func checkOpen() throws(StoreError) {
        guard !isClosed.load(ordering: .sequentiallyConsistent) else { throw .closed }
    }

    // MARK: How much

    package func usage() throws(StoreError) -> StoreUsage {
        try checkOpen()
        var (used, tombstoned, count, room) = (0, 0, 0, 0)
        for slot in readable {
            let usage = try slot.store.usage()
            used += usage.used
            tombstoned += usage.tombstoned
            count += usage.fragmentCount
            room += slot.room
        }
        return StoreUsage(
            capacity: capacity.withLock { $0 } ?? used + room, used: used,
            tombstoned: tombstoned, fragmentCount: count)
    }

    /// Bytes of the donation that are neither used nor promised to puts.
    var freeLength: Int {
        if let capacity = capacity.withLock({ $0 }) {
            return readable.reduce(capacity) { $0 - $1.store.takenLength }
        }
        return readable.reduce(0) { $0 + $1.room - $1.store.reservedLength }
    }

    package func usage(of owner: UserID) throws(StoreError) -> CustomerUsage {
        try checkOpen()
        guard let quota = try contract(of: owner)?.quota else { throw .unknownCustomer(owner) }
        var charged = 0
        for slot in readable {
            if let usage = try? slot.store.usage(of: owner) { charged += usage.charged }
        }
        return CustomerUsage(quota: quota, charged: charged)
    }

    // MARK: Giving back

    /// Does a bounded piece of giving back the space of what was given up.
    ///
    /// - Returns: what was done, `nil` when there is nothing worth doing.
    /// - Throws: what is no disk's fault.
    package func compact() throws(StoreError) -> CompactionStep? {
        try checkOpen()
        let isPressing = try isPressing()
        for slot in slots where slot.isWritable {
            do throws(StoreError) {
                if let step = try slot.store.compact(isPressing: isPressing) { return step }
            } catch {
                guard slot.note(error) else { throw error }
            }
        }
        return nil
    }

    /// Whether the donation, or what a customer may use, is nearly used up by what was given up.
    private func isPressing() throws(StoreError) -> Bool {
        let usage = try usage()
        guard usage.tombstoned > 0 else { return false }
        let part = Limits.compactionPressingFree
        if usage.capacity - usage.used < usage.capacity / part { return true }
        for contract in contracts {
            let own = try self.usage(of: contract.owner)
            if own.available < own.quota / part { return true }
        }
        return false
    }

    // MARK: Contracts

    @discardableResult
    package func admit(_ contract: Contract) throws(StoreError) -> Contract {
        try checkOpen()
        if let kept = try self.contract(of: contract.owner), kept.sequence > contract.sequence {
            throw .staleContract(newest: kept.sequence)
        }
        return try onAll { (store) throws(StoreError) in try store.admit(contract) }
    }

    package func contract(of owner: UserID) throws(StoreError) -> Contract? {
        try checkOpen()
        var newest: Contract?
        for slot in readable {
            guard let contract = try slot.store.contract(of: owner) else { continue }
            if newest.map({ $0.sequence < contract.sequence }) ?? true { newest = contract }
        }
        return newest
    }

    // MARK: All disks

    /// Does the same on every disk that can be written to.
    ///
    /// - Returns: what the first one says.
    /// - Throws: what the first one refuses; what a later one cannot do is noted.
    func onAll<Value>(
        _ body: (DiskFragmentStore) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        var value: Value?
        var failure = StoreError.readOnly
        for slot in slots where slot.isWritable {
            do throws(StoreError) {
                let done = try body(slot.store)
                if value == nil { value = done }
            } catch {
                let isDisks = slot.note(error)
                if value == nil, !isDisks { throw error }
                failure = error
            }
        }
        guard let value else { throw failure }
        return value
    }

    /// Brings contracts and heads to the disks that do not have them: new ones, and those that
    /// were away. What cannot be brought now is brought the next time.
    private func reconcile() {
        guard slots.count > 1 else { return }
        for contract in contracts where contract.sequence > 0 {
            let owner = contract.owner
            let heads = (try? heads(of: owner)) ?? []
            for slot in slots where slot.isWritable {
                let kept = try? slot.store.contract(of: owner)
                if kept?.sequence != contract.sequence {
                    _ = try? slot.store.admit(contract)
                }
                let known = (try? slot.store.heads(of: owner)) ?? []
                // Oldest first: a store takes no older one after a newer one.
                for head in heads.reversed() where !known.contains(head) {
                    try? slot.store.putHead(head)
                }
            }
        }
    }
}

extension DiskFragmentStore {
    func fragmentCount(of owner: UserID) -> Int {
        ledger.withLock { $0.owners[owner]?.liveCount ?? 0 }
    }

    var contracts: [Contract] {
        members.withLock { $0.values.map(\.contract) }
    }
}
