package import Identities
package import Model
package import Suppliers
internal import Synchronization

/// A fragment store in memory: the plain statement of what every fragment store does, and the model
/// that others are held against.
package final class MemoryFragmentStore: FragmentStore {
    package var supplier: SupplierID { key.publicKey.supplierID }

    private struct Entry {
        let header: FragmentHeader
        let bytes: [UInt8]
        let sequence: UInt64
        var isTombstoned = false
        var recordLength: Int { RecordHeader.length(for: header) + header.length }
    }

    private struct Customer {
        var member: Member
        var entries: [FragmentID: Entry] = [:]
        /// Bytes of tombstoned records that were put again.
        var replaced = 0
        var heads: [RepositoryID: [UInt64: Head]] = [:]
        var charged: Int { entries.values.reduce(replaced) { $0 + $1.recordLength } }
    }

    private struct State {
        var customers: [UserID: Customer] = [:]
        var nextSequence: UInt64 = 1
        var tombstonePages = 0
        var isClosed = false
        var used: Int { customers.values.reduce(tombstonePages) { $0 + $1.charged } }

        func customer(_ owner: UserID) throws(StoreError) -> Customer {
            guard let customer = customers[owner] else { throw .unknownCustomer(owner) }
            return customer
        }
    }

    private let key: SupplierKey
    private let capacity: Int
    private let state = Mutex(State())

    package init(key: SupplierKey, capacity: Int) {
        self.key = key
        self.capacity = capacity
    }

    package func put(_ uploads: [FragmentUpload]) throws(StoreError) -> [Receipt] {
        let headers = uploads.map(\.header)
        let sequences = try state.withLock { (state) throws(StoreError) in
            if state.isClosed { throw .closed }
            guard uploads.count <= Limits.groupCommitCountMax else {
                throw .invalid(field: "upload count")
            }
            var after = state
            var sequences: [UInt64] = []
            for upload in uploads {
                if let flaw = upload.flaw { throw flaw }
                try after.customer(upload.header.owner).member.check(upload.header)
            }
            for upload in uploads { sequences.append(try MemoryFragmentStore.put(upload, &after)) }
            try MemoryFragmentStore.checkRoom(after, before: state, capacity: capacity)
            state = after
            return sequences
        }
        var receipts: [Receipt] = []
        for (header, sequence) in zip(headers, sequences) {
            receipts.append(try key.receipt(for: header, sequence: sequence))
        }
        return receipts
    }

    package func get(
        _ fragment: FragmentID, of owner: UserID, range: Range<Int>?,
        into target: UnsafeMutableRawBufferPointer
    ) throws(StoreError) -> Int {
        let bytes = try entry(fragment, of: owner).bytes
        let range = range ?? 0..<bytes.count
        guard range.lowerBound >= 0, range.upperBound <= bytes.count, target.count >= range.count
        else { throw .invalid(field: "range") }
        target.copyBytes(from: bytes[range])
        return range.count
    }

    package func header(
        of fragment: FragmentID, of owner: UserID
    ) throws(StoreError) -> FragmentHeader {
        try entry(fragment, of: owner).header
    }

    package func has(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) -> [Bool] {
        try read { (state) throws(StoreError) in
            let entries = try state.customer(owner).entries
            return fragments.map { entries[$0]?.isTombstoned == false }
        }
    }

    package func list(
        of owner: UserID, after: FragmentID?, limit: Int
    ) throws(StoreError) -> [FragmentRecord] {
        try read { (state) throws(StoreError) in
            let live = try state.customer(owner).entries.values.filter { !$0.isTombstoned }
                .map { FragmentRecord(id: $0.header.fragment, length: $0.header.length) }
                .sorted { $0.id < $1.id }
            let rest = after.map { start in live.drop { $0.id <= start } } ?? live[...]
            return Array(rest.prefix(max(0, limit)))
        }
    }

    package func tombstone(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) {
        try state.withLock { (state) throws(StoreError) in
            if state.isClosed { throw .closed }
            var customer = try state.customer(owner)
            var left = fragments[...]
            while !left.isEmpty {
                let group = Set(left.prefix(RecordHeader.tombstoneCountMax))
                    .filter { customer.entries[$0]?.isTombstoned == false }
                left = left.dropFirst(RecordHeader.tombstoneCountMax)
                if group.isEmpty { continue }
                for fragment in group { customer.entries[fragment]?.isTombstoned = true }
                state.tombstonePages += RecordHeader.length(tombstoneCount: group.count)
                state.nextSequence += 1
            }
            state.customers[owner] = customer
        }
    }

    package func usage() throws(StoreError) -> StoreUsage {
        try read { (state) throws(StoreError) in
            let entries = state.customers.values.flatMap(\.entries.values)
            return StoreUsage(
                capacity: capacity, used: state.used,
                tombstoned: entries.filter(\.isTombstoned).reduce(0) { $0 + $1.recordLength }
                    + state.customers.values.reduce(0) { $0 + $1.replaced },
                fragmentCount: entries.count { !$0.isTombstoned })
        }
    }

    package func putHead(_ head: Head) throws(StoreError) {
        try state.withLock { (state) throws(StoreError) in
            if state.isClosed { throw .closed }
            var customer = try state.customer(head.owner)
            try customer.member.check(head)
            var kept = customer.heads[head.repository] ?? [:]
            if let newest = kept.keys.max(), newest >= head.sequence {
                guard kept[newest] == head else { throw .staleHead(newest: newest) }
                return
            }
            guard !kept.isEmpty || customer.heads.count < Limits.repositoriesPerCustomerMax else {
                throw .invalid(field: "repository count")
            }
            kept[head.sequence] = head
            for old in kept.keys.sorted().dropLast(Limits.headsKept) { kept[old] = nil }
            customer.heads[head.repository] = kept
            state.customers[head.owner] = customer
        }
    }

    package func heads(of owner: UserID) throws(StoreError) -> [Head] {
        try read { (state) throws(StoreError) in
            try state.customer(owner).heads.values.flatMap(\.values).sorted {
                ($1.sequence, $0.repository) < ($0.sequence, $1.repository)
            }
        }
    }

    @discardableResult
    package func admit(_ contract: Contract) throws(StoreError) -> Contract {
        let contract = try Member.admitted(contract, by: key)
        let member = try Member(contract)
        try state.withLock { (state) throws(StoreError) in
            if state.isClosed { throw .closed }
            var customer = state.customers[contract.owner] ?? Customer(member: member)
            guard customer.member.contract.sequence <= contract.sequence else {
                throw .staleContract(newest: customer.member.contract.sequence)
            }
            customer.member = member
            state.customers[contract.owner] = customer
        }
        return contract
    }

    package func contract(of owner: UserID) throws(StoreError) -> Contract? {
        try read { (state) throws(StoreError) in state.customers[owner]?.member.contract }
    }

    package func usage(of owner: UserID) throws(StoreError) -> CustomerUsage {
        try read { (state) throws(StoreError) in
            let customer = try state.customer(owner)
            return CustomerUsage(quota: customer.member.contract.quota, charged: customer.charged)
        }
    }

    package func scrub(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) -> [Bool] {
        try read { (state) throws(StoreError) in
            let entries = try state.customer(owner).entries
            return fragments.map { entries[$0]?.isTombstoned == false }
        }
    }

    package func close() {
        state.withLock { $0.isClosed = true }
    }

    // MARK: Parts

    private static func put(
        _ upload: FragmentUpload, _ state: inout State
    ) throws(StoreError) -> UInt64 {
        let header = upload.header
        var customer = try state.customer(header.owner)
        if let entry = customer.entries[header.fragment] {
            guard entry.header.length == header.length else { throw .invalid(field: "length") }
            if !entry.isTombstoned { return entry.sequence }
            customer.replaced += entry.recordLength
        }
        let sequence = state.nextSequence
        state.nextSequence += 1
        customer.entries[header.fragment] = Entry(
            header: header, bytes: upload.content, sequence: sequence)
        state.customers[header.owner] = customer
        return sequence
    }

    private static func checkRoom(
        _ after: State, before: State, capacity: Int
    ) throws(StoreError) {
        for (owner, customer) in after.customers {
            let charged = before.customers[owner]?.charged ?? 0
            let need = customer.charged - charged
            let available = max(0, customer.member.contract.quota - charged)
            guard need == 0 || need <= available else {
                throw .quotaExceeded(need: need, available: available)
            }
        }
        let need = after.used - before.used
        let available = max(0, capacity - before.used)
        guard need == 0 || need <= available else {
            throw .capacityExceeded(need: need, available: available)
        }
    }

    private func entry(_ fragment: FragmentID, of owner: UserID) throws(StoreError) -> Entry {
        try read { (state) throws(StoreError) in
            guard let entry = try state.customer(owner).entries[fragment], !entry.isTombstoned
            else { throw .notFound }
            return entry
        }
    }

    private func read<Result: Sendable>(
        _ body: (State) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try state.withLock { (state) throws(StoreError) in
            if state.isClosed { throw .closed }
            return try body(state)
        }
    }
}
