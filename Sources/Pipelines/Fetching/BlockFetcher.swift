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
        /// How often a supplier has given no answer since its last one, and for what.
        var unanswered: [SupplierID: (count: UInt64, last: FragmentID)] = [:]
        /// Blocks found lost: asked for by many files, read once.
        var lost: [BlockID: FetchError] = [:]
    }

    private let stores: [SupplierID: any FragmentStore]
    private let absent: Set<SupplierID>
    let user: UserID
    let asksAtOnce: Bool
    private let time: any TimeSource
    let times: AnswerTimes
    let patience: FetchPatience
    let recycler = BufferRecycler()
    private let state = Mutex(State())

    /// - Parameters:
    ///   - absent: suppliers without a store that may be back some day.
    ///   - time: by which answers are measured.
    ///   - patience: how long suppliers that stop answering are waited for; not at all when `nil`.
    ///   - asksAtOnce: gets the fragments of a block from their suppliers at the same time, and a
    ///     spare for one that is late: over a network each takes its way there and back.
    init(
        stores: [SupplierID: any FragmentStore], absent: Set<SupplierID> = [], user: UserID,
        time: any TimeSource, asksAtOnce: Bool = false,
        delays: HedgeDelays = HedgeDelays(), patience: FetchPatience? = nil
    ) {
        self.stores = stores
        self.absent = absent
        self.patience = patience ?? .none(time)
        self.user = user
        self.asksAtOnce = asksAtOnce
        self.time = time
        self.times = AnswerTimes(delays)
    }

    /// Fragments that their suppliers did not have, or had with other bytes, by supplier.
    var faults: [SupplierID: UInt64] { state.withLock { $0.faults } }

    /// Fragments for which their suppliers gave no answer, by supplier; of one that has answered
    /// since there are none.
    var unanswered: [SupplierID: UInt64] { state.withLock { $0.unanswered.mapValues(\.count) } }

    /// Bytes a buffer for ``fetch(_:into:)`` must have.
    static func stripeByteCount(_ descriptor: BlockDescriptor) -> Int {
        descriptor.fragmentLength * descriptor.scheme.fragmentCount
    }

    /// Puts the sealed block at the start of `stripe`. When too few suppliers answer, they are
    /// asked again for a while.
    ///
    /// - Throws: ``FetchError/blockLost(_:have:need:)``, ``CancelledError`` or
    ///   ``FetchError/blockAway(_:have:need:away:)``.
    func fetch(_ descriptor: BlockDescriptor, into stripe: PageBuffer) throws {
        if let known = state.withLock({ $0.lost[descriptor.block] }) { throw known }
        try patience.persist { try attempt(descriptor, into: stripe) }
    }

    /// - Returns: whom to wait for before the next attempt; nobody when the block is there.
    private func attempt(
        _ descriptor: BlockDescriptor, into stripe: PageBuffer
    ) throws -> Set<SupplierID> {
        let scheme = descriptor.scheme
        let answered = patience.settled {
            var present = asksAtOnce ? race(descriptor, stripe) : inTurn(descriptor, stripe)
            if present.count < scheme.dataCount {
                present += readMoved(descriptor, without: present, into: stripe)
            }
            return present.sorted()
        } isEnough: {
            $0.count == scheme.dataCount
        }
        let present = answered.value
        guard present.count == scheme.dataCount else { return try awaited(answered, descriptor) }
        let missing = (0..<scheme.dataCount).filter { !present.contains($0) }
        if !missing.isEmpty { try rebuild(missing, from: present, descriptor, in: stripe) }
        return []
    }

    /// The suppliers that do not answer and could make up for what is not there.
    private func awaited(
        _ present: FetchPatience.Answered<[Int]>, _ descriptor: BlockDescriptor
    ) throws -> Set<SupplierID> {
        let (have, need) = (present.value.count, descriptor.scheme.dataCount)
        let suppliers = descriptor.places.indices.filter { !present.value.contains($0) }
            .map { descriptor.places[$0].supplier }
        let away = suppliers.filter { present.silent.contains($0) || absent.contains($0) }
        guard have + away.count >= need else {
            let error = FetchError.blockLost(descriptor.block, have: have, need: need)
            state.withLock { $0.lost[descriptor.block] = error }
            throw error
        }
        let hoped = suppliers.filter { present.hoped.contains($0) }
        guard have + hoped.count >= need else {
            throw FetchError.blockAway(
                descriptor.block, have: have, need: need, away: away.count)
        }
        return Set(hoped)
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
        let silent = patience.silent
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
        let silent = patience.silent
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
    func ask(
        _ place: FragmentPlace, _ cancellation: RequestCancellation,
        _ body: (any FragmentStore) throws(StoreError) -> Bool
    ) -> Outcome {
        guard let store = stores[place.supplier] else {
            noteUnanswered(place)
            return .unknown
        }
        let started = time.uptime
        do throws(StoreError) {
            let isGood = try body(store)
            answered(place.supplier)
            guard isGood else { return blame(place) }
            times.note(place.supplier, nanoseconds: time.uptime - started)
            return .good
        } catch {
            // Nobody has waited for the answer: that is no fault.
            if cancellation.isCancelled { return .unknown }
            guard error.isTransient else {
                answered(place.supplier)
                return blame(place)
            }
            noteUnanswered(place)
            patience.stayedSilent(place.supplier)
            return .unknown
        }
    }

    private func blame(_ place: FragmentPlace) -> Outcome {
        state.withLock { $0.faults[place.supplier, default: 0] += 1 }
        return .wrong
    }

    /// Whoever answers is there, whatever was before.
    private func answered(_ supplier: SupplierID) {
        state.withLock { _ = $0.unanswered.removeValue(forKey: supplier) }
        patience.answered(supplier)
    }

    private func noteUnanswered(_ place: FragmentPlace) {
        state.withLock { state in
            let before = state.unanswered[place.supplier]?.count ?? 0
            state.unanswered[place.supplier] = (before + 1, place.fragment)
        }
    }

    /// Asks those who gave no answer once more, all at the same time: they were needed no more, and
    /// may be back.
    func askUnanswered() {
        let asked = state.withLock(\.unanswered).sorted { $0.key < $1.key }
        _ = inParallel(asked) { [self] supplier, missed in
            guard let store = stores[supplier] else { return }
            do throws(StoreError) {
                _ = try store.has([missed.last], of: user)
                answered(supplier)
            } catch {
                if !error.isTransient { answered(supplier) }
            }
        }
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
