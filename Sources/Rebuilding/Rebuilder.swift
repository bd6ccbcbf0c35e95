internal import ErasureCoding
internal import Hashing
package import Model
package import Placement
package import Suppliers
internal import Synchronization

/// Carries out a plan: gets what is left of a block, recomputes what is missing and nothing else,
/// and stores it. Works on sealed bytes and holds no key.
///
/// Order for each fragment: bytes whose root is right, the supplier's receipt, the ledger. Whoever
/// dies in between leaves a copy that the next run finds where it would put it: fragments are named
/// by their content, and a plan from the same facts chooses the same suppliers.
///
/// Thread rules: any thread may call; each call works on a block of its own with buffers of its
/// own.
package final class Rebuilder: Sendable {
    /// What was done with one block, and what stood in the way.
    package struct Outcome: Sendable {
        package var fragmentsStored = 0
        /// Of them, those that were copied from a supplier that is to lose them.
        package var fragmentsCopied = 0
        package var fragmentsAdopted = 0
        package var bytesFetched = 0
        package var bytesStored = 0
        /// Suppliers that could not be asked, or refused; the block is planned again without them.
        package var suppliersFailed: [SupplierID] = []
        /// Fragments found gone or wrong on the way.
        package var fragmentsFoundLost = 0
        /// Fewer sources than the scheme needs: how many there were.
        package var sourcesLeft: Int?
    }

    let stores: [SupplierID: any FragmentStore]
    let owner: UserID
    let throttle: Throttle
    let memoryByteCount: Int
    private let headers: any HeaderSource
    private let ledger: any RebuildLedger
    private let buffers: PagePool
    private let codes = Mutex<[ErasureScheme: any ErasureCode]>([:])

    /// - Parameter memoryByteCount: bytes of the buffers of one call, unless one fragment and the
    ///   strips of its sources need more.
    /// - Parameter callsAtOnce: how many calls run side by side; buffers are kept for as many.
    package init(
        stores: [SupplierID: any FragmentStore], owner: UserID, headers: any HeaderSource,
        ledger: any RebuildLedger, throttle: Throttle,
        memoryByteCount: Int = Limits.rebuildMemoryDefault, callsAtOnce: Int = 1
    ) {
        self.stores = stores
        self.owner = owner
        self.headers = headers
        self.ledger = ledger
        self.throttle = throttle
        self.memoryByteCount = memoryByteCount
        self.buffers = PagePool(byteCountMax: memoryByteCount * callsAtOnce)
    }

    /// Does the steps of one item of a plan.
    ///
    /// - Throws: what ledger and headers throw. What suppliers do wrong is in the outcome.
    package func perform(_ steps: [RebuildPlan.Step], of block: SealedBlock) throws -> Outcome {
        var work = BlockWork(block)
        for case .adopt(let position, let supplier) in steps {
            try ledger.stored(block, position: position, on: supplier, releases: nil)
            work.outcome.fragmentsAdopted += 1
        }
        var stores: [RebuildPlan.Step] = []
        for step in steps {
            guard case .store(let position, _, _) = step else { continue }
            if let buffer = try copy(position, &work) {
                try put([step], buffer, &work)
                work.outcome.fragmentsCopied += 1
            } else {
                stores.append(step)
            }
        }
        let countMax = max(1, memoryByteCount / 2 / block.fragmentLength)
        while !stores.isEmpty {
            let group = Array(stores.prefix(countMax))
            stores.removeFirst(group.count)
            guard let buffer = try rebuild(group.map(\.position), &work) else { break }
            try put(group, buffer, &work)
        }
        return work.outcome
    }

    // MARK: Copying

    /// Reads the fragment from a supplier that still has it, all of it, and checks its root.
    private func copy(_ position: Int, _ work: inout BlockWork) throws -> PageBuffer? {
        let block = work.block
        for supplier in block.suppliers(of: position) {
            guard let store = stores[supplier], work.mayAsk(supplier, position) else { continue }
            let buffer = buffers.take(byteCount: block.fragmentLength)
            throttle.take(block.fragmentLength)
            if try fetch(position, from: store, into: buffer, &work) { return buffer }
        }
        return nil
    }

    /// Reads a whole fragment and holds it against its root; notes what is wrong with it.
    private func fetch(
        _ position: Int, from store: any FragmentStore, into buffer: PageBuffer,
        _ work: inout BlockWork
    ) throws -> Bool {
        let id = work.block.fragments[position]
        let target = buffer[0..<work.block.fragmentLength]
        do throws(StoreError) {
            let count = try store.get(id, of: owner, range: nil, into: target)
            guard count == target.count else {
                throw .lied(.wrongLength(have: count, need: target.count))
            }
            work.outcome.bytesFetched += count
            let bytes = UnsafeRawBufferPointer(target)
            guard store.checksRoots || FragmentID(BLAKE3.hash(bytes.bytes)) == id else {
                throw .lied(.wrongBytes(id))
            }
            return true
        } catch {
            try note(position, on: store.supplier, isLost: error.meansLoss, &work)
            return false
        }
    }

    private func note(
        _ position: Int, on supplier: SupplierID, isLost: Bool, _ work: inout BlockWork
    ) throws {
        work.exclude(supplier, position)
        if isLost {
            work.outcome.fragmentsFoundLost += 1
            // The supplier looks for itself: it then says no when it is asked, and can be given
            // the fragment again.
            _ = try? stores[supplier]?.scrub([work.block.fragments[position]], of: owner)
            try ledger.lost(work.block, position: position, on: supplier)
        } else if !work.outcome.suppliersFailed.contains(supplier) {
            work.outcome.suppliersFailed.append(supplier)
        }
    }

    // MARK: Rebuilding

    /// Recomputes the fragments at `missing`, one after the other in the buffer; `nil` when too few
    /// sources are left.
    private func rebuild(_ missing: [Int], _ work: inout BlockWork) throws -> PageBuffer? {
        let block = work.block
        let buffer = buffers.take(byteCount: missing.count * block.fragmentLength)
        while true {
            let sources = work.sources(without: missing) { stores[$0] != nil }
            guard sources.count >= block.scheme.dataCount else {
                work.outcome.sourcesLeft = sources.count
                return nil
            }
            let chosen = Array(sources.prefix(block.scheme.dataCount))
            do {
                let roots = try compute(missing, from: chosen, into: buffer, &work)
                if roots == missing.map({ block.fragments[$0] }) { return buffer }
                // A source has given other bytes than it should: a whole look at each shows which.
                if try !findWrong(chosen, &work) {
                    throw RebuildError.wrongRoot(row: block.row, positions: missing)
                }
            } catch let fault as SourceFault {
                try note(
                    fault.source.position, on: fault.source.supplier, isLost: fault.isLost, &work)
            }
        }
    }

    private func compute(
        _ missing: [Int], from sources: [Source], into buffer: PageBuffer,
        _ work: inout BlockWork
    ) throws -> [FragmentID] {
        let length = work.block.fragmentLength
        let strip = stripLength(sources.count)
        let halves = buffers.take(
            byteCount: StripReader.byteCount(sourceCount: sources.count, stripLength: strip))
        let reader = StripReader(
            sources, stores: stores, owner: owner, stripLength: strip, buffer: halves)
        defer {
            reader.close()
        }
        let strips = stride(from: 0, to: length, by: strip).map { $0..<min(length, $0 + strip) }
        var maker = FragmentMaker(missing, code: code(work.block.scheme))
        reader.begin(strips[0], half: 0)
        for (index, strip) in strips.enumerated() {
            throttle.take(strip.count * sources.count)
            try reader.wait()
            if index + 1 < strips.count { reader.begin(strips[index + 1], half: (index + 1) % 2) }
            work.outcome.bytesFetched += strip.count * sources.count
            let read = sources.indices.map {
                reader.bytes($0, half: index % 2, count: strip.count)
            }
            for part in parts(of: strip) {
                let start = part.lowerBound - strip.lowerBound
                let offsets = start..<start + part.count
                try maker.add(
                    sources.indices.map {
                        (
                            sources[$0].position,
                            UnsafeRawBufferPointer(rebasing: read[$0][offsets])
                        )
                    },
                    into: missing.indices.map {
                        buffer[$0 * length + part.lowerBound..<$0 * length + part.upperBound]
                    })
            }
        }
        return maker.roots
    }

    /// What is computed at a time of what was read at a time.
    private func parts(of strip: Range<Int>) -> [Range<Int>] {
        stride(from: strip.lowerBound, to: strip.upperBound, by: Limits.rebuildStripLength).map {
            $0..<min(strip.upperBound, $0 + Limits.rebuildStripLength)
        }
    }

    /// Whole pages, as much as half of the memory holds twice for each source.
    private func stripLength(_ sourceCount: Int) -> Int {
        let page = Limits.pageLength
        let share =
            memoryByteCount / 2 / StripReader.byteCount(sourceCount: sourceCount, stripLength: 1)
        return max(page, min(Limits.rebuildReadLength, share / page * page))
    }

    /// Reads each source whole; true when one of them is not what it should be.
    private func findWrong(_ sources: [Source], _ work: inout BlockWork) throws -> Bool {
        var isFound = false
        let buffer = buffers.take(byteCount: work.block.fragmentLength)
        for source in sources {
            guard let store = stores[source.supplier] else { continue }
            throttle.take(work.block.fragmentLength)
            if try !fetch(source.position, from: store, into: buffer, &work) { isFound = true }
        }
        return isFound
    }

    // MARK: Storing

    /// Stores fragments that lie one after the other in the buffer, each on a supplier of its own,
    /// all at once: each waits for its supplier's disk.
    private func put(
        _ steps: [RebuildPlan.Step], _ buffer: PageBuffer, _ work: inout BlockWork
    ) throws {
        let block = work.block
        let uploads = try steps.enumerated().compactMap { index, step -> Upload? in
            guard case .store(let position, let supplier, let releases) = step,
                let store = stores[supplier], !work.outcome.suppliersFailed.contains(supplier)
            else { return nil }
            let header = try header(position, of: block)
            let start = index * block.fragmentLength
            return Upload(
                position: position, store: store, releases: releases,
                fragment: FragmentUpload(
                    header: header, payload: buffer,
                    range: start..<start + block.fragmentLength))
        }
        let receipts = Mutex<[Int: Receipt]>([:])
        WorkerThread.forEach(uploads.count, atOnce: Limits.rebuildPutsAtOnce) { [self] index in
            throttle.take(block.fragmentLength)
            guard let receipt = try? store(uploads[index], of: block) else { return }
            receipts.withLock { $0[index] = receipt }
        }
        for (index, upload) in uploads.enumerated() {
            let supplier = upload.store.supplier
            guard let receipt = receipts.withLock({ $0[index] }) else {
                if !work.outcome.suppliersFailed.contains(supplier) {
                    work.outcome.suppliersFailed.append(supplier)
                }
                continue
            }
            try ledger.signed(receipt, for: block, position: upload.position)
            try ledger.stored(
                block, position: upload.position, on: supplier, releases: upload.releases)
            work.outcome.fragmentsStored += 1
            work.outcome.bytesStored += block.fragmentLength
        }
    }

    private struct Upload: Sendable {
        let position: Int
        let store: any FragmentStore
        let releases: Int?
        let fragment: FragmentUpload
    }

    private func header(_ position: Int, of block: SealedBlock) throws -> FragmentHeader {
        let header = try headers.header(of: block, position: position)
        // The bytes are right; a header that says otherwise would make them nobody's.
        guard header.owner == owner, header.fragment == block.fragments[position],
            header.length == block.fragmentLength, header.isSigned
        else { throw RebuildError.wrongHeader(row: block.row, position: position) }
        return header
    }

    private func store(
        _ upload: Upload, of block: SealedBlock
    ) throws(StoreError) -> Receipt {
        let (store, id) = (upload.store, upload.fragment.header.fragment)
        if let releases = upload.releases {
            try store.tombstone([block.fragments[releases]], of: owner)
        }
        // What it knows to be damaged it stores anew: it looks for itself.
        if store.supplier == block.holdings.places[upload.position] {
            _ = try store.scrub([id], of: owner)
        }
        guard let receipt = try store.put([upload.fragment]).first, receipt.fragment == id,
            receipt.supplier == store.supplier
        else { throw .lied(.wrongReceipt(id)) }
        return receipt
    }

    private func code(_ scheme: ErasureScheme) -> any ErasureCode {
        if let known = codes.withLock({ $0[scheme] }) { return known }
        let code = ReedSolomon(scheme: scheme)
        codes.withLock { $0[scheme] = code }
        return code
    }
}

/// What is wrong with a rebuild itself, not with a supplier.
package enum RebuildError: Error, Hashable, Sendable {
    /// All sources have the right roots, and what is computed from them has not: memory or the code
    /// fails, or the block was never coded right.
    case wrongRoot(row: Int64, positions: [Int])
    /// The header that was given for a fragment is another's, or not signed.
    case wrongHeader(row: Int64, position: Int)
}
