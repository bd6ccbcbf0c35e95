import ErasureCoding
import Hashing
import Identities
import Model
import Placement
import Rebuilding
import Simulation
import Suppliers
import Synchronization

/// A block on suppliers in memory, the books about it, and a rebuilder.
final class RebuildStage: Sendable {
    let customer: StoreCustomer
    let suppliers: [FaultyFragmentStore]
    let books: MemoryBooks
    let content: [[UInt8]]
    let scheme: ErasureScheme

    /// - Parameter spareSuppliers: suppliers beyond those that the block needs.
    init(_ scheme: String, pages: Int = 3, spareSuppliers: Int = 2, seed: UInt64 = 1) throws {
        let scheme = ErasureScheme(scheme)!
        self.scheme = scheme
        customer = try StoreCustomer(seed: seed)
        let random = SeededRandom(seed: seed)
        suppliers = try (0..<scheme.fragmentCount + spareSuppliers).map { _ in
            FaultyFragmentStore(
                MemoryFragmentStore(
                    key: try SupplierKey(seed: SecretBytes(from: random)), capacity: 1 << 30))
        }
        let length = pages * Limits.pageLength
        let buffer = PageBuffer(byteCount: scheme.fragmentCount * length)
        random.fill(buffer[0..<scheme.dataCount * length])
        let parts = (0..<scheme.fragmentCount).map { buffer[$0 * length..<($0 + 1) * length] }
        try ReedSolomon(scheme: scheme).encode(
            data: parts.prefix(scheme.dataCount).map { UnsafeRawBufferPointer($0) },
            parity: Array(parts.dropFirst(scheme.dataCount)))
        content = parts.map { Array($0) }
        let fragments = content.map { FragmentID(BLAKE3.hash($0.span.bytes)) }
        books = MemoryBooks(
            SealedBlock(
                holdings: BlockHoldings(
                    row: 1, kind: .data, scheme: scheme, fragmentLength: length,
                    places: suppliers.prefix(scheme.fragmentCount).map(\.supplier),
                    isHeld: Array(repeating: true, count: scheme.fragmentCount)),
                fragments: fragments), customer: customer)
        for supplier in suppliers {
            try supplier.admit(customer.contract(quota: 1 << 30, with: supplier.supplier))
        }
        for position in fragments.indices {
            _ = try suppliers[position].put([
                FragmentUpload(
                    header: books.header(of: books.block, position: position), payload: buffer,
                    range: position * length..<(position + 1) * length)
            ])
        }
    }

    func rebuilder(
        memoryByteCount: Int = 1 << 20, throttle: Throttle? = nil,
        headers: (any HeaderSource)? = nil
    ) -> Rebuilder {
        Rebuilder(
            stores: Dictionary(uniqueKeysWithValues: suppliers.map { ($0.supplier, $0) }),
            owner: customer.owner, headers: headers ?? books, ledger: books,
            throttle: throttle
                ?? Throttle(bytesPerSecond: nil, time: ManualTime()) { _ in },
            memoryByteCount: memoryByteCount)
    }

    /// Loses fragments as an honest supplier does, and notes it.
    func lose(_ positions: [Int]) throws {
        for position in positions {
            let id = books.block.fragments[position]
            try suppliers[position].tombstone([id], of: customer.owner)
            try books.lost(books.block, position: position, on: suppliers[position].supplier)
        }
    }

    func plan() -> RebuildPlan {
        var planner = RebuildPlanner(
            suppliers: suppliers.map { SupplierView(id: $0.supplier) }, grace: 1)
        planner.add(books.block.holdings)
        return planner.plan()
    }

    /// What the places of the block give back.
    func readAll() -> [[UInt8]?] {
        books.block.fragments.indices.map { position in
            let place = books.block.holdings.places[position]
            guard let store = suppliers.first(where: { $0.supplier == place }) else { return nil }
            let buffer = PageBuffer(byteCount: books.block.fragmentLength)
            let count = try? store.get(
                books.block.fragments[position], of: customer.owner, range: nil,
                into: buffer.bytes)
            return count == nil ? nil : Array(buffer.bytes)
        }
    }
}

/// The books of one block in memory.
final class MemoryBooks: RebuildLedger, HeaderSource {
    private let state: Mutex<SealedBlock>
    private let customer: StoreCustomer

    init(_ block: SealedBlock, customer: StoreCustomer) {
        state = Mutex(block)
        self.customer = customer
    }

    var block: SealedBlock { state.withLock { $0 } }

    func header(of block: SealedBlock, position: Int) throws -> FragmentHeader {
        try customer.header(
            fragment: block.fragments[position], length: block.fragmentLength,
            descriptor: [UInt8(position)])
    }

    func stored(
        _ block: SealedBlock, position: Int, on supplier: SupplierID, releases: Int?
    ) throws {
        change { places, isHeld, spares in
            if isHeld[position], places[position] != supplier {
                spares.append(.init(position: position, supplier: places[position]))
            }
            spares.removeAll {
                $0.supplier == supplier && ($0.position == position || $0.position == releases)
            }
            places[position] = supplier
            isHeld[position] = true
        }
    }

    func lost(_ block: SealedBlock, position: Int, on supplier: SupplierID) throws {
        change { places, isHeld, spares in
            spares.removeAll { $0.position == position && $0.supplier == supplier }
            if places[position] == supplier { isHeld[position] = false }
        }
    }

    private func change(
        _ body: (inout [SupplierID], inout [Bool], inout [BlockHoldings.Spare]) -> Void
    ) {
        state.withLock { block in
            let old = block.holdings
            var (places, isHeld, spares) = (old.places, old.isHeld, old.spares)
            body(&places, &isHeld, &spares)
            block = SealedBlock(
                holdings: BlockHoldings(
                    row: old.row, kind: old.kind, scheme: old.scheme,
                    fragmentLength: old.fragmentLength, places: places, isHeld: isHeld,
                    spares: spares), fragments: block.fragments)
        }
    }
}
