internal import ErasureCoding
internal import Hashing
internal import Model
internal import Suppliers
internal import Synchronization

/// Gets sealed blocks back from the suppliers: data fragments first, parity where one is missing or
/// wrong, and nothing is believed before its root is checked.
///
/// Thread rules: any thread may call; each call works on a buffer of its own.
final class BlockFetcher: Sendable {
    private struct State {
        var codes: [ErasureScheme: any ErasureCode] = [:]
        var faults: [SupplierID: UInt64] = [:]
        /// Blocks found lost: asked for by many files, read once.
        var lost: [BlockID: FetchError] = [:]
        /// Suppliers that gave no answer: asked last from then on.
        var silent: Set<SupplierID> = []
    }

    private let stores: [SupplierID: any FragmentStore]
    private let user: UserID
    private let asksAtOnce: Bool
    private let state = Mutex(State())

    /// - Parameter asksAtOnce: gets the fragments of a block from their suppliers at the same time:
    ///   over a network each takes its way there and back.
    init(stores: [SupplierID: any FragmentStore], user: UserID, asksAtOnce: Bool = false) {
        self.stores = stores
        self.user = user
        self.asksAtOnce = asksAtOnce
    }

    /// Fragments that were missing or wrong so far, by supplier.
    var faults: [SupplierID: UInt64] { state.withLock { $0.faults } }

    /// Bytes a buffer for ``fetch(_:into:)`` must have.
    static func stripeByteCount(_ descriptor: BlockDescriptor) -> Int {
        descriptor.fragmentLength * descriptor.scheme.fragmentCount
    }

    /// Puts the sealed block at the start of `stripe`.
    ///
    /// - Throws: ``FetchError/blockLost(_:have:need:)``.
    func fetch(_ descriptor: BlockDescriptor, into stripe: PageBuffer) throws {
        if let known = state.withLock({ $0.lost[descriptor.block] }) { throw known }
        let scheme = descriptor.scheme
        var present: [Int] = []
        var left = order(of: descriptor)[...]
        while present.count < scheme.dataCount, !left.isEmpty {
            let next = Array(left.prefix(asksAtOnce ? scheme.dataCount - present.count : 1))
            left = left.dropFirst(next.count)
            present += readAll(next, of: descriptor, into: stripe)
        }
        if present.count < scheme.dataCount {
            present += readMoved(descriptor, without: present, into: stripe)
        }
        present.sort()
        guard present.count == scheme.dataCount else {
            let error = FetchError.blockLost(
                descriptor.block, have: present.count, need: scheme.dataCount)
            state.withLock { $0.lost[descriptor.block] = error }
            throw error
        }
        let missing = (0..<scheme.dataCount).filter { !present.contains($0) }
        if !missing.isEmpty { try rebuild(missing, from: present, descriptor, in: stripe) }
    }

    /// Data before parity, those who are known to be silent at the end.
    private func order(of descriptor: BlockDescriptor) -> [Int] {
        let silent = state.withLock(\.silent)
        let positions = 0..<descriptor.scheme.fragmentCount
        guard !silent.isEmpty else { return Array(positions) }
        let isSilent = { silent.contains(descriptor.places[$0].supplier) }
        return positions.filter { !isSilent($0) } + positions.filter(isSilent)
    }

    /// Reads fragments to their places, which do not overlap.
    ///
    /// - Returns: the positions of those that are good.
    private func readAll(
        _ positions: [Int], of descriptor: BlockDescriptor, into stripe: PageBuffer
    ) -> [Int] {
        guard positions.count > 1 else {
            return positions.filter { read($0, of: descriptor, into: stripe) }
        }
        return inParallel(positions) { [self] position in
            read(position, of: descriptor, into: stripe) ? position : nil
        }.compactMap { $0 }
    }

    /// Asks all suppliers for the fragments that are not where the descriptor says: a rebuilder may
    /// have put them elsewhere since it was written.
    ///
    /// - Returns: the positions that were found, no more than are missing.
    private func readMoved(
        _ descriptor: BlockDescriptor, without present: [Int], into stripe: PageBuffer
    ) -> [Int] {
        let wanted = descriptor.places.indices.filter { !present.contains($0) }
        let fragments = wanted.map { descriptor.places[$0].fragment }
        let silent = state.withLock(\.silent)
        let asked = stores.filter { !silent.contains($0.key) }.sorted { $0.key < $1.key }
        let holders = inParallel(asked) { [user] _, store -> (any FragmentStore, [Bool])? in
            (try? store.has(fragments, of: user)).map { (store, $0) }
        }.compactMap { $0 }
        var found: [Int] = []
        for (index, position) in wanted.enumerated()
        where present.count + found.count < descriptor.scheme.dataCount {
            let isRead = holders.contains { store, flags in
                flags[index] && read(position, of: descriptor, from: store, into: stripe)
            }
            if isRead { found.append(position) }
        }
        return found
    }

    /// Reads one fragment to its place and checks its root; a fault is counted.
    func read(_ position: Int, of descriptor: BlockDescriptor, into stripe: PageBuffer) -> Bool {
        let supplier = descriptor.places[position].supplier
        guard let store = stores[supplier],
            read(position, of: descriptor, from: store, into: stripe)
        else {
            state.withLock { $0.faults[supplier, default: 0] += 1 }
            return false
        }
        return true
    }

    private func read(
        _ position: Int, of descriptor: BlockDescriptor, from store: any FragmentStore,
        into stripe: PageBuffer
    ) -> Bool {
        let fragment = descriptor.places[position].fragment
        let slot = BlockFetcher.slot(position, of: descriptor, in: stripe)
        guard let count = get(fragment, from: store, into: slot), count == slot.count else {
            return false
        }
        return store.checksRoots || FragmentID(BLAKE3.hash(slot.immutable.bytes)) == fragment
    }

    private func get(
        _ fragment: FragmentID, from store: any FragmentStore,
        into slot: UnsafeMutableRawBufferPointer
    ) -> Int? {
        do {
            return try store.get(fragment, of: user, range: nil, into: slot)
        } catch {
            if error.fault == .unreachable {
                state.withLock { _ = $0.silent.insert(store.supplier) }
            }
            return nil
        }
    }

    /// Recomputes fragments at `missing` from those at `present`, and checks their roots too: what
    /// the code gives back is exactly what was sealed.
    func rebuild(
        _ missing: [Int], from present: [Int], _ descriptor: BlockDescriptor,
        in stripe: PageBuffer
    ) throws {
        let targets = missing.map { BlockFetcher.slot($0, of: descriptor, in: stripe) }
        try code(for: descriptor.scheme).reconstruct(
            missing,
            present: present.map {
                ($0, BlockFetcher.slot($0, of: descriptor, in: stripe).immutable)
            }, into: targets)
        for (position, target) in zip(missing, targets) {
            guard
                FragmentID(BLAKE3.hash(target.immutable.bytes))
                    == descriptor.places[position].fragment
            else {
                throw FetchError.blockUnreadable(
                    descriptor.block, reason: "rebuilt fragment \(position) has another root")
            }
        }
    }

    static func slot(
        _ position: Int, of descriptor: BlockDescriptor, in stripe: PageBuffer
    ) -> UnsafeMutableRawBufferPointer {
        let length = descriptor.fragmentLength
        return stripe[position * length..<(position + 1) * length]
    }

    private func code(for scheme: ErasureScheme) -> any ErasureCode {
        if let known = state.withLock({ $0.codes[scheme] }) { return known }
        let code = ReedSolomon(scheme: scheme)
        state.withLock { $0.codes[scheme] = code }
        return code
    }
}

extension UnsafeMutableRawBufferPointer {
    var immutable: UnsafeRawBufferPointer { UnsafeRawBufferPointer(self) }
}
