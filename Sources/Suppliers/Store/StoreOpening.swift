internal import Catalogs
internal import Identities
internal import Model

/// What opening a store found.
package struct OpeningReport: Hashable, Sendable {
    /// The index was missing, damaged, or did not fit the segments, and was built from them.
    package var rebuiltIndex = false
    /// Records that the index did not know.
    package var adoptedCount = 0
    /// The end of the last segment that was cut off: a write that was never acknowledged.
    package var tornTail: DamagedRange?
    /// Bytes in which no record can be recognised, with good records after them. Left as they are.
    package var damaged: [DamagedRange] = []
    /// Contracts whose file is damaged.
    package var damagedContracts: [String] = []

    package init() {}
}

/// Bytes of a segment.
package struct DamagedRange: Hashable, Sendable {
    package let segment: Int
    package let range: Range<Int>
}

/// The steps of opening a store, in order: lock, contracts, index, segments.
struct StoreOpening {
    let disk: any Disk
    let layout: StoreLayout
    let mark: Bytes32
    let isReadOnly: Bool
    private(set) var report = OpeningReport()

    init(disk: any Disk, layout: StoreLayout, mark: Bytes32, isReadOnly: Bool) {
        self.disk = disk
        self.layout = layout
        self.mark = mark
        self.isReadOnly = isReadOnly
    }

    /// Takes the directory for this process and makes its parts; `nil` when it cannot be written.
    static func lock(_ layout: StoreLayout, on disk: any Disk) throws(StoreError) -> (any DiskFile)?
    {
        do {
            let lock = try disk.lock(layout.lock)
            let files = SmallFiles(disk: disk)
            for name in ["segments", "contracts", "heads", "tails"] {
                try files.makeDirectory(name, in: layout.root)
            }
            return lock
        } catch {
            if error.isReadOnly { return nil }
            if error.isLocked { throw .unavailable(reason: "in use by another process") }
            if error.isClaimed { throw .unavailable(reason: "the bucket is another directory's") }
            throw StoreError(error)
        }
    }

    mutating func members() throws(StoreError) -> [UserID: Member] {
        let files = SmallFiles(disk: disk)
        var members: [UserID: Member] = [:]
        do {
            for name in try files.names(in: layout.contracts) {
                guard let owner = StoreLayout.owner(contractName: name) else { continue }
                let bytes = try files.read(
                    layout.contract(of: owner), limit: Contract.lengthMax + 1)
                guard let contract = try? Contract(bytes), contract.owner == owner,
                    let member = try? Member(contract)
                else {
                    report.damagedContracts.append(name)
                    continue
                }
                members[owner] = member
            }
        } catch {
            throw StoreError(error)
        }
        return members
    }

    /// The index, empty when it was lost or is damaged.
    mutating func index(inMemory: Bool) throws(StoreError) -> FragmentIndex {
        do {
            return try FragmentIndex(path: inMemory ? nil : layout.index)
        } catch {
            guard case .damaged = error else { throw StoreError(error) }
        }
        report.rebuiltIndex = true
        for path in layout.indexFiles {
            do {
                try disk.remove(path)
            } catch {
                guard error.isMissing else { throw StoreError(error) }
            }
        }
        do {
            return try FragmentIndex(path: layout.index)
        } catch {
            throw StoreError(error)
        }
    }

    /// Brings the index up to the segments and says where writing goes on.
    mutating func writer(
        filling index: FragmentIndex
    ) throws(StoreError) -> (Writer, StoreLedger) {
        do {
            let lengths = try segmentLengths()
            var known = try index.segments()
            if known.contains(where: { lengths[$0.number] ?? .max < $0.length }) {
                try forget(index)
                known = []
            }
            var found = try cover(lengths, known: known, in: index)
            // One that is gone was compacted, and the index may have forgotten that.
            let gone = known.map(\.number).filter { lengths[$0] == nil }
            if try gone.contains(where: { try index.hasLive(inSegment: $0) }) {
                try forget(index)
                found = try cover(lengths, known: [], in: index)
            } else {
                for number in gone { _ = try index.removeSegment(number) }
            }
            let last = lengths.keys.max()
            return (
                Writer(
                    segment: try lastSegment(last, length: found.ends),
                    nextSegment: (last ?? 0) + 1, nextSequence: found.lastSequence + 1,
                    headers: nil),
                StoreLedger(
                    usedLength: found.ends.values.reduce(0, +),
                    copiedLength: try index.copiedLength(), owners: try index.usage())
            )
        } catch let error as FragmentIndexError {
            throw StoreError(error)
        } catch let error as DiskError {
            throw StoreError(error)
        } catch {
            throw .failed(operation: "open", errno: -1)
        }
    }

    private mutating func forget(_ index: FragmentIndex) throws(FragmentIndexError) {
        report.rebuiltIndex = true
        report.adoptedCount = 0
        report.damaged = []
        try index.removeAll()
    }

    /// Reads what the index does not know of the segments.
    private mutating func cover(
        _ lengths: [Int: Int], known: [SegmentIndexRow], in index: FragmentIndex
    ) throws -> (ends: [Int: Int], lastSequence: UInt64) {
        let covered = Dictionary(uniqueKeysWithValues: known.map { ($0.number, $0) })
        let numbers = lengths.keys.sorted()
        var lastSequence = known.map(\.lastSequence).max() ?? 0
        var ends: [Int: Int] = [:]
        for number in numbers {
            let row = covered[number]
            let scan = try scan(
                number, from: row?.length ?? 0, isLast: number == numbers.last,
                length: lengths[number]!)
            ends[number] = scan?.end ?? lengths[number]
            guard let scan else { continue }
            let sequence = max(row?.lastSequence ?? 0, scan.scan.lastSequence)
            try adopt(scan, number: number, lastSequence: sequence, into: index)
            lastSequence = max(lastSequence, sequence)
        }
        return (ends, lastSequence)
    }

    private func segmentLengths() throws(DiskError) -> [Int: Int] {
        var lengths: [Int: Int] = [:]
        for name in try SmallFiles(disk: disk).names(in: layout.segments) {
            guard let number = StoreLayout.segmentNumber(name) else { continue }
            lengths[number] = try disk.open(
                layout.segment(number), .read(direct: false)
            ).length()
        }
        return lengths
    }

    /// Reads what the index does not cover of a segment, and cuts off a torn tail.
    ///
    /// Past the page cache where possible: after a failed sync it shows bytes that are not on the
    /// disk. Payloads are read where a write may have been interrupted.
    private mutating func scan(
        _ number: Int, from start: Int, isLast: Bool, length: Int
    ) throws(DiskError) -> (scan: SegmentScan, end: Int)? {
        guard start < length else { return nil }
        let path = layout.segment(number)
        let access = DiskAccess.read(direct: true)
        let scan = try SegmentScan(
            of: try disk.open(path, access), number: number, mark: mark, from: start,
            checkingPayloads: isLast || start > 0)
        report.damaged += scan.damaged.map { DamagedRange(segment: number, range: $0) }
        guard !isReadOnly else { return (scan, length) }
        let file = try disk.open(path, .write(direct: false))
        guard scan.hasTornTail else {
            try file.sync()
            return (scan, length)
        }
        let tail = DamagedRange(segment: number, range: scan.soundEnd..<scan.fileLength)
        guard isLast else {
            report.damaged.append(tail)
            try file.sync()
            return (scan, length)
        }
        try save(tail, of: file)
        try file.truncate(to: scan.soundEnd)
        try file.sync()
        report.tornTail = tail
        return (scan, scan.soundEnd)
    }

    /// Copies a tail aside before it is cut off. One copy is kept: tails cannot fill a disk.
    private func save(_ tail: DamagedRange, of file: any DiskFile) throws(DiskError) {
        let files = SmallFiles(disk: disk)
        for name in try files.names(in: layout.tails) { try disk.remove("\(layout.tails)/\(name)") }
        let path = layout.tail(segment: tail.segment, offset: tail.range.lowerBound)
        let copy = try disk.open(path, .create(direct: false))
        let window = PageBuffer(byteCount: 1 << 20)
        var offset = tail.range.lowerBound
        while offset < tail.range.upperBound {
            let count = try file.readAll(into: [window.bytes], at: offset)
            if count == 0 { break }
            try copy.writeAll(
                [UnsafeRawBufferPointer(window[0..<count])], at: offset - tail.range.lowerBound)
            offset += count
        }
        try copy.sync()
        try copy.close()
        try disk.syncDirectory(layout.tails)
    }

    private mutating func adopt(
        _ found: (scan: SegmentScan, end: Int), number: Int, lastSequence: UInt64,
        into index: FragmentIndex
    ) throws(FragmentIndexError) {
        var rows: [FragmentIndexRow] = []
        var tombstones: [TombstoneRow] = []
        for record in found.scan.records {
            switch record.header.body {
            case .fragment:
                rows += [
                    FragmentIndexRow(
                        record.header, headerLength: record.headerLength,
                        isSound: record.isSound)
                ].compactMap { $0 }
            case .tombstones(let owner, let fragments):
                tombstones += fragments.map {
                    TombstoneRow(owner: owner, fragment: $0, sequence: record.header.sequence)
                }
            }
        }
        report.adoptedCount += rows.count
        try index.record(
            rows, tombstones: tombstones,
            segments: [
                SegmentIndexRow(number: number, length: found.end, lastSequence: lastSequence)
            ], mayCopy: true)
    }

    /// The last segment, to go on in: unless it has damage, which nothing is put behind.
    private func lastSegment(
        _ number: Int?, length: [Int: Int]
    ) throws(DiskError) -> SegmentWriter? {
        guard !isReadOnly, let number, let length = length[number],
            length % Limits.pageLength == 0,
            !report.damaged.contains(where: { $0.segment == number })
        else { return nil }
        let file = try disk.open(layout.segment(number), .write(direct: true))
        // Gives back what a crash has left reserved.
        try file.truncate(to: length)
        return SegmentWriter(number: number, file: file, length: length)
    }
}
