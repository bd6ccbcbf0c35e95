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
    let asksAtOnce: Bool
    private let time: any TimeSource
    private let times: AnswerTimes
    private let recycler = BufferRecycler()
    private let state = Mutex(State())

    /// - Parameters:
    ///   - time: by which answers are measured.
    ///   - asksAtOnce: gets the fragments of a block from their suppliers at the same time, and a
    ///     spare for one that is late: over a network each takes its way there and back.
    init(
        stores: [SupplierID: any FragmentStore], user: UserID, time: any TimeSource,
        asksAtOnce: Bool = false, delays: AnswerTimes.Delays = AnswerTimes.Delays()
    ) {
        self.stores = stores
        self.user = user
        self.asksAtOnce = asksAtOnce
        self.time = time
        self.times = AnswerTimes(delays)
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
        var present = asksAtOnce ? race(descriptor, stripe) : inTurn(descriptor, stripe)
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

    private func inTurn(_ descriptor: BlockDescriptor, _ stripe: PageBuffer) -> [Int] {
        var present: [Int] = []
        for position in order(of: descriptor)
        where present.count < descriptor.scheme.dataCount
            && read(position, of: descriptor, into: stripe) == .good
        {
            present.append(position)
        }
        return present
    }

    private func race(_ descriptor: BlockDescriptor, _ stripe: PageBuffer) -> [Int] {
        let race = FragmentRace(
            order(of: descriptor), needed: descriptor.scheme.dataCount,
            length: descriptor.fragmentLength, recycler: recycler
        ) { [self] position, target, cancellation in
            read(descriptor.places[position], into: target, cancellation)
        }
        return race.run(
            patience: { times.patience(descriptor.places[$0].supplier) },
            place: { BlockFetcher.slot($0, of: descriptor, in: stripe) },
            late: { times.note(descriptor.places[$0].supplier, nanoseconds: $1) })
    }

    /// Data before parity, then those who are known to be slow, then those who are silent.
    private func order(of descriptor: BlockDescriptor) -> [Int] {
        let silent = state.withLock(\.silent)
        let slow = asksAtOnce ? times.slow(among: descriptor.places.map(\.supplier)) : []
        let positions = 0..<descriptor.scheme.fragmentCount
        guard !silent.isEmpty || !slow.isEmpty else { return Array(positions) }
        func rank(_ position: Int) -> Int {
            let supplier = descriptor.places[position].supplier
            return silent.contains(supplier) ? 2 : slow.contains(supplier) ? 1 : 0
        }
        return (0...2).flatMap { wanted in positions.filter { rank($0) == wanted } }
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
            let slot = BlockFetcher.slot(position, of: descriptor, in: stripe)
            let isRead = holders.contains { store, flags in
                flags[index] && isGood(fragments[index], of: store, into: slot)
            }
            if isRead { found.append(position) }
        }
        return found
    }

    private func isGood(
        _ fragment: FragmentID, of store: any FragmentStore,
        into slot: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let count = try? store.get(fragment, of: user, range: nil, into: slot)
        return count == slot.count
            && (store.checksRoots || FragmentID(BLAKE3.hash(slot.immutable.bytes)) == fragment)
    }

    /// What came of asking for a fragment.
    enum Outcome {
        case good
        /// Its supplier has answered, and not with these bytes.
        case wrong
        /// Nothing is known of it: its supplier does not answer.
        case unknown
    }

    /// Reads one fragment to its place and checks its root; a fault is counted.
    func read(
        _ position: Int, of descriptor: BlockDescriptor, into stripe: PageBuffer
    ) -> Outcome {
        outcome(
            of: descriptor.places[position],
            into: BlockFetcher.slot(position, of: descriptor, in: stripe), RequestCancellation())
    }

    private func read(
        _ place: FragmentPlace, into slot: UnsafeMutableRawBufferPointer,
        _ cancellation: RequestCancellation
    ) -> Bool {
        outcome(of: place, into: slot, cancellation) == .good
    }

    private func outcome(
        of place: FragmentPlace, into slot: UnsafeMutableRawBufferPointer,
        _ cancellation: RequestCancellation
    ) -> Outcome {
        ask(place, cancellation) { (store) throws(StoreError) in
            let count = try store.get(
                place.fragment, of: user, range: nil, into: slot, cancellation: cancellation)
            return count == slot.count
                && (store.checksRoots
                    || FragmentID(BLAKE3.hash(slot.immutable.bytes)) == place.fragment)
        }
    }

    /// Asks the supplier of a place, and notes how long that took, or what was wrong.
    private func ask(
        _ place: FragmentPlace, _ cancellation: RequestCancellation,
        _ body: (any FragmentStore) throws(StoreError) -> Bool
    ) -> Outcome {
        var outcome = Outcome.wrong
        let started = time.uptime
        do throws(StoreError) {
            if let store = stores[place.supplier], try body(store) {
                times.note(place.supplier, nanoseconds: time.uptime - started)
                return .good
            }
        } catch {
            // Nobody has waited for the answer: that is no fault.
            if cancellation.isCancelled { return .unknown }
            if error.fault == .unreachable {
                outcome = .unknown
                state.withLock { _ = $0.silent.insert(place.supplier) }
            }
        }
        state.withLock { $0.faults[place.supplier, default: 0] += 1 }
        return outcome
    }

    // MARK: Parts

    /// Gets a part of the sealed block from its data fragments alone, each piece proved against the
    /// root of its fragment.
    ///
    /// - Parameter ranges: of the sealed block.
    /// - Returns: false when that does not go well, or not soon; the whole block may.
    func fetch(
        _ ranges: [Range<Int>], of descriptor: BlockDescriptor, into stripe: PageBuffer
    ) -> Bool {
        let pieces = BlockFetcher.pieces(ranges, of: descriptor)
        let suppliers = pieces.map { descriptor.places[$0.position].supplier }
        let known = state.withLock(\.silent).union(
            times.slow(among: descriptor.places.map(\.supplier)))
        guard known.isDisjoint(with: suppliers) else { return false }
        let race = FragmentRace(
            Array(pieces.indices), needed: pieces.count,
            length: pieces.map(\.range.count).max() ?? 1, isHasty: true, recycler: recycler
        ) { [self] index, target, cancellation in
            readProved(
                pieces[index], of: descriptor,
                into: UnsafeMutableRawBufferPointer(rebasing: target[..<pieces[index].range.count]),
                cancellation)
        }
        return race.run(
            patience: { times.patience(suppliers[$0]) },
            place: { index in
                let start = pieces[index].position * descriptor.fragmentLength
                let range = pieces[index].range
                return stripe[start + range.lowerBound..<start + range.upperBound]
            }, late: { times.note(suppliers[$0], nanoseconds: $1) }
        ).count == pieces.count
    }

    private func readProved(
        _ piece: (position: Int, range: Range<Int>), of descriptor: BlockDescriptor,
        into target: UnsafeMutableRawBufferPointer, _ cancellation: RequestCancellation
    ) -> Bool {
        let place = descriptor.places[piece.position]
        let outcome = ask(place, cancellation) { (store) throws(StoreError) in
            guard let remote = store as? RemoteFragmentStore else { return false }
            try remote.getProved(
                place.fragment, of: user, range: piece.range, length: descriptor.fragmentLength,
                into: target, cancellation: cancellation)
            return true
        }
        return outcome == .good
    }

    /// The whole leaves of the data fragments that hold ranges of the sealed block; pieces of one
    /// fragment that touch are one.
    static func pieces(
        _ ranges: [Range<Int>], of descriptor: BlockDescriptor
    ) -> [(position: Int, range: Range<Int>)] {
        let length = descriptor.fragmentLength
        var pieces: [(position: Int, range: Range<Int>)] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
            for position in range.lowerBound / length...(range.upperBound - 1) / length {
                let start = position * length
                let part = range.clamped(to: start..<start + length)
                let leaves = RangeProof.provableRange(
                    holding: part.lowerBound - start..<part.upperBound - start, length: length)
                if let last = pieces.last, last.position == position,
                    last.range.upperBound >= leaves.lowerBound
                {
                    pieces[pieces.count - 1].range =
                        last.range.lowerBound..<max(last.range.upperBound, leaves.upperBound)
                } else {
                    pieces.append((position, leaves))
                }
            }
        }
        return pieces
    }

    // MARK: Rebuilding

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
