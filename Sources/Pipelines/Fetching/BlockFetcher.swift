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
    }

    private let stores: [SupplierID: any FragmentStore]
    private let user: UserID
    private let state = Mutex(State())

    init(stores: [SupplierID: any FragmentStore], user: UserID) {
        self.stores = stores
        self.user = user
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
        for position in 0..<scheme.fragmentCount where present.count < scheme.dataCount {
            if read(position, of: descriptor, into: stripe) { present.append(position) }
        }
        guard present.count == scheme.dataCount else {
            let error = FetchError.blockLost(
                descriptor.block, have: present.count, need: scheme.dataCount)
            state.withLock { $0.lost[descriptor.block] = error }
            throw error
        }
        let missing = (0..<scheme.dataCount).filter { !present.contains($0) }
        if !missing.isEmpty { try rebuild(missing, from: present, descriptor, in: stripe) }
    }

    /// Reads one fragment to its place and checks its root; a fault is counted.
    func read(_ position: Int, of descriptor: BlockDescriptor, into stripe: PageBuffer) -> Bool {
        let place = descriptor.places[position]
        let slot = BlockFetcher.slot(position, of: descriptor, in: stripe)
        guard let store = stores[place.supplier],
            let count = try? store.get(place.fragment, of: user, range: nil, into: slot),
            count == slot.count,
            store.checksRoots || FragmentID(BLAKE3.hash(slot.immutable.bytes)) == place.fragment
        else {
            state.withLock { $0.faults[place.supplier, default: 0] += 1 }
            return false
        }
        return true
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
