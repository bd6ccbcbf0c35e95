package import Model
package import Suppliers
internal import Synchronization

/// The calls of a fragment store.
package enum StoreCall: CaseIterable, Sendable {
    case put, get, header, has, list, tombstone, scrub, usage, putHead, heads, admit, contract
}

/// One way in which a store misbehaves, as a value.
package struct StoreFault: Sendable {
    package enum Effect: Sendable {
        /// Nothing is done.
        case fail(StoreError)
        /// It is done, and the answer is lost.
        case failAfterwards(StoreError)
        /// `get` gives the bytes with one bit changed: of the byte at this offset, or of the last.
        case flipBit(offset: Int)
        /// `put` signs and keeps nothing.
        case forget
        /// `has` and `list` say that nothing is there.
        case deny
    }

    package let call: StoreCall
    package let effect: Effect
    /// Calls that go well before.
    package let after: Int
    /// Calls that are hit then.
    package let count: Int

    package init(_ effect: Effect, on call: StoreCall, after: Int = 0, count: Int = 1) {
        self.call = call
        self.effect = effect
        self.after = after
        self.count = count
    }
}

/// A store that misbehaves as its faults say, and is the store under it otherwise.
package final class FaultyFragmentStore: FragmentStore {
    private let store: any FragmentStore
    private let faults: Mutex<[(fault: StoreFault, seen: Int)]>

    package init(_ store: any FragmentStore, faults: [StoreFault] = []) {
        self.store = store
        self.faults = Mutex(faults.map { ($0, 0) })
    }

    /// Replaces the faults; calls count from now on.
    package func fail(_ faults: [StoreFault]) {
        self.faults.withLock { $0 = faults.map { ($0, 0) } }
    }

    package var supplier: SupplierID { store.supplier }

    package func put(_ uploads: [FragmentUpload]) throws(StoreError) -> [Receipt] {
        let effect = next(.put)
        let receipts = try run(effect) { () throws(StoreError) in try store.put(uploads) }
        if case .forget = effect {
            for upload in uploads {
                try store.tombstone([upload.header.fragment], of: upload.header.owner)
            }
        }
        return receipts
    }

    package func get(
        _ fragment: FragmentID, of owner: UserID, range: Range<Int>?,
        into target: UnsafeMutableRawBufferPointer
    ) throws(StoreError) -> Int {
        let effect = next(.get)
        let count = try run(effect) { () throws(StoreError) in
            try store.get(fragment, of: owner, range: range, into: target)
        }
        if case .flipBit(let offset) = effect, count > 0 {
            target[min(offset, count - 1)] ^= 1
        }
        return count
    }

    package func header(
        of fragment: FragmentID, of owner: UserID
    ) throws(StoreError) -> FragmentHeader {
        try run(next(.header)) { () throws(StoreError) in
            try store.header(of: fragment, of: owner)
        }
    }

    package func has(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) -> [Bool] {
        let effect = next(.has)
        let found = try run(effect) { () throws(StoreError) in
            try store.has(fragments, of: owner)
        }
        if case .deny = effect { return found.map { _ in false } }
        return found
    }

    package func list(
        of owner: UserID, after: FragmentID?, limit: Int
    ) throws(StoreError) -> [FragmentRecord] {
        let effect = next(.list)
        let records = try run(effect) { () throws(StoreError) in
            try store.list(of: owner, after: after, limit: limit)
        }
        if case .deny = effect { return [] }
        return records
    }

    package func tombstone(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) {
        try run(next(.tombstone)) { () throws(StoreError) in
            try store.tombstone(fragments, of: owner)
        }
    }

    package func usage() throws(StoreError) -> StoreUsage {
        try run(next(.usage)) { () throws(StoreError) in try store.usage() }
    }

    package func putHead(_ head: Head) throws(StoreError) {
        try run(next(.putHead)) { () throws(StoreError) in try store.putHead(head) }
    }

    package func heads(of owner: UserID) throws(StoreError) -> [Head] {
        try run(next(.heads)) { () throws(StoreError) in try store.heads(of: owner) }
    }

    @discardableResult
    package func admit(_ contract: Contract) throws(StoreError) -> Contract {
        try run(next(.admit)) { () throws(StoreError) in try store.admit(contract) }
    }

    package func contract(of owner: UserID) throws(StoreError) -> Contract? {
        try run(next(.contract)) { () throws(StoreError) in try store.contract(of: owner) }
    }

    package func usage(of owner: UserID) throws(StoreError) -> CustomerUsage {
        try run(next(.usage)) { () throws(StoreError) in try store.usage(of: owner) }
    }

    package func scrub(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) -> [Bool] {
        try run(next(.scrub)) { () throws(StoreError) in
            try store.scrub(fragments, of: owner)
        }
    }

    package func close() { store.close() }

    private func next(_ call: StoreCall) -> StoreFault.Effect? {
        faults.withLock { faults in
            var effect: StoreFault.Effect?
            for index in faults.indices where faults[index].fault.call == call {
                let (fault, seen) = faults[index]
                faults[index].seen += 1
                if (fault.after..<fault.after + fault.count).contains(seen) {
                    effect = fault.effect
                }
            }
            return effect
        }
    }

    private func run<Result>(
        _ effect: StoreFault.Effect?, _ body: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        if case .fail(let error) = effect { throw error }
        let result = try body()
        if case .failAfterwards(let error) = effect { throw error }
        return result
    }
}
