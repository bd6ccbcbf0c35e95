internal import Catalogs
internal import Identities
package import Model
internal import Synchronization

extension DiskFragmentStore {
    package func put(_ uploads: [FragmentUpload]) throws(StoreError) -> [Receipt] {
        try put(uploads, reserved: [:])
    }

    /// - Parameter reserved: what ``StoreLedger/reserve(_:)`` has promised to these uploads; it is
    ///   used up in the moment in which they count, or given back.
    func put(
        _ uploads: [FragmentUpload], reserved: [UserID: Int]
    ) throws(StoreError) -> [Receipt] {
        var reserved = reserved
        defer { ledger.withLock { $0.release(reserved) } }
        try checkWritable()
        guard uploads.count <= Limits.groupCommitCountMax else {
            throw .invalid(field: "upload count")
        }
        for upload in uploads {
            if let flaw = upload.flaw { throw flaw }
            try member(upload.header.owner).check(upload.header)
        }
        let sequences = try writer.withLock { (writer) throws(StoreError) in
            try store(uploads, &reserved, &writer)
        }
        var receipts: [Receipt] = []
        for (upload, sequence) in zip(uploads, sequences) {
            receipts.append(try key.receipt(for: upload.header, sequence: sequence))
        }
        return receipts
    }

    package func tombstone(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) {
        try checkWritable()
        _ = try member(owner)
        try writer.withLock { (writer) throws(StoreError) in
            var left = fragments[...]
            while !left.isEmpty {
                let group = left.prefix(RecordHeader.tombstoneCountMax)
                left = left.dropFirst(group.count)
                try tombstone(group, of: owner, &writer)
            }
        }
    }

    /// Stores what is not there and returns the sequence of each upload's record.
    private func store(
        _ uploads: [FragmentUpload], _ reserved: inout [UserID: Int], _ writer: inout Writer
    ) throws(StoreError) -> [UInt64] {
        var sequences: [FragmentAddress: UInt64] = [:]
        var group: [FragmentUpload] = []
        var fresh: Set<FragmentAddress> = []
        for upload in uploads where !fresh.contains(upload.address) {
            let row = try newest([upload.header.fragment], of: upload.header.owner)[0]
            if let row, row.length != upload.header.length { throw .invalid(field: "length") }
            if let row, row.state == .live {
                sequences[upload.address] = row.sequence
            } else if fresh.insert(upload.address).inserted {
                group.append(upload)
            }
        }
        if !group.isEmpty {
            try checkRoom(for: group, reserved)
            for row in try write(group, &reserved, &writer) {
                sequences[FragmentAddress(owner: row.owner, fragment: row.fragment)] = row.sequence
            }
        }
        return uploads.map { sequences[$0.address]! }
    }

    /// Refuses before the first byte what the contracts, the donation or the disk have no room for.
    private func checkRoom(
        for group: [FragmentUpload], _ own: [UserID: Int]
    ) throws(StoreError) {
        let (owners, used, reserved) = ledger.withLock {
            ($0.owners, $0.recordsLength, $0.reserved)
        }
        var needs: [UserID: Int] = [:]
        var need = 0
        for upload in group {
            needs[upload.header.owner, default: 0] += upload.recordLength
            need += upload.recordLength
        }
        for upload in group {
            let owner = upload.header.owner
            let usage = owners[owner] ?? .zero
            let others = (reserved[owner] ?? 0) - (own[owner] ?? 0)
            let quota = try member(owner).contract.quota
            let available = max(0, quota - usage.charged - others)
            let need = needs[owner] ?? 0
            guard need <= available else {
                throw .quotaExceeded(need: need, available: available)
            }
        }
        if let capacity = options.capacity {
            let available = max(0, capacity - used)
            guard need <= available else {
                throw .capacityExceeded(need: need, available: available)
            }
        }
        guard need <= options.segmentLengthMax else { throw .invalid(field: "group length") }
        guard try room() >= need else { throw .diskFull }
    }

    /// One group commit: header pages and payloads in one write, one sync, one index transaction.
    private func write(
        _ group: [FragmentUpload], _ reserved: inout [UserID: Int], _ writer: inout Writer
    ) throws(StoreError) -> [FragmentIndexRow] {
        let byteCount = group.reduce(0) { $0 + $1.recordLength }
        var segment = try segment(withRoomFor: byteCount, &writer)
        let headers = writer.headerPages(group.reduce(0) { $0 + $1.headerLength })
        var parts: [UnsafeRawBufferPointer] = []
        var rows: [FragmentIndexRow] = []
        var headerOffset = 0
        var offset = segment.length
        for upload in group {
            let record = RecordHeader(
                segment: segment.number, offset: offset, sequence: writer.takeSequence(),
                mark: mark,
                body: .fragment(
                    upload.header, payloadChecksum: Checksum.crc32c(upload.bytes.bytes)))
            let pages = headers[headerOffset..<headerOffset + upload.headerLength]
            pages.copyBytes(from: record.encoded())
            parts += [UnsafeRawBufferPointer(pages), upload.bytes]
            rows.append(FragmentIndexRow(record, headerLength: pages.count, isSound: true)!)
            headerOffset += pages.count
            offset += upload.recordLength
        }
        try commit(
            parts, byteCount: byteCount, rows: rows, tombstones: [], &segment, &writer
        ) { ledger in
            for row in rows { ledger.owners[row.owner, default: .zero].add(row) }
            ledger.release(reserved)
            reserved = [:]
        }
        return rows
    }

    /// Writes one record of tombstones for those of `fragments` that are there. It is the
    /// supplier's own page, charged to nobody: a customer without room must be able to give up
    /// fragments, and cannot give up more than it has put.
    private func tombstone(
        _ fragments: some Collection<FragmentID>, of owner: UserID, _ writer: inout Writer
    ) throws(StoreError) {
        let unique = Array(Set(fragments)).sorted()
        let rows = try given(unique, of: owner)
        guard !rows.isEmpty else { return }
        let byteCount = RecordHeader.length(tombstoneCount: rows.count)
        var segment = try segment(withRoomFor: byteCount, &writer)
        let record = RecordHeader(
            segment: segment.number, offset: segment.length, sequence: writer.takeSequence(),
            mark: mark, body: .tombstones(owner: owner, rows.map(\.fragment)))
        let pages = writer.headerPages(byteCount)[0..<byteCount]
        pages.copyBytes(from: record.encoded())
        let tombstones = rows.map {
            TombstoneRow(owner: owner, fragment: $0.fragment, sequence: record.sequence)
        }
        // A reader may find some of them damaged until the index knows.
        var now = rows
        try commit(
            [UnsafeRawBufferPointer(pages)], byteCount: byteCount, rows: [],
            tombstones: tombstones, &segment, &writer,
            before: { () throws(StoreError) in now = try given(rows.map(\.fragment), of: owner) }
        ) { ledger in
            ledger.deadChangeCount += 1
            for row in now where row.state == .live {
                ledger.owners[owner, default: .zero].tombstone(row)
            }
        }
    }

    /// Those of `fragments` that are there, whether they can be read or not.
    private func given(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) -> [FragmentIndexRow] {
        try newest(fragments, of: owner).compactMap { $0 }.filter {
            if case .tombstoned = $0.state { false } else { true }
        }
    }

    /// Makes records durable and known; on an error neither.
    ///
    /// - Parameter mayCopy: whether `rows` are copies of records that are there.
    /// - Parameter before: looks at the index as it is until then.
    /// - Parameter note: brings the ledger up to the index, in the same moment for all others.
    func commit(
        _ parts: [UnsafeRawBufferPointer], byteCount: Int, rows: [FragmentIndexRow],
        tombstones: [TombstoneRow], mayCopy: Bool = false, _ segment: inout SegmentWriter,
        _ writer: inout Writer, before: () throws(StoreError) -> Void = {},
        note: (inout StoreLedger) -> Void
    ) throws(StoreError) {
        let start = segment.length
        defer { writer.segment = segment.isFailed ? nil : segment }
        do {
            try segment.append(parts, byteCount: byteCount, limit: options.segmentLengthMax)
        } catch {
            throw StoreError(error)
        }
        let end = SegmentIndexRow(
            number: segment.number, length: segment.length,
            lastSequence: writer.nextSequence - 1)
        do throws(StoreError) {
            try ledger.withLock { (ledger) throws(StoreError) in
                try before()
                do throws(FragmentIndexError) {
                    try index.record(
                        rows, tombstones: tombstones, segments: [end], mayCopy: mayCopy)
                } catch {
                    throw StoreError(error)
                }
                ledger.usedLength += byteCount
                note(&ledger)
            }
        } catch {
            segment.takeBack(to: start)
            throw error
        }
    }

    /// The open segment, or a new one when it is full.
    func segment(
        withRoomFor byteCount: Int, _ writer: inout Writer
    ) throws(StoreError) -> SegmentWriter {
        do {
            if let segment = writer.segment {
                if segment.length + byteCount <= options.segmentLengthMax { return segment }
                writer.segment = nil
                try segment.finish()
            }
            let number = writer.nextSegment
            writer.nextSegment += 1
            let file = try disk.open(
                layout.segment(number), .create(direct: options.isDirect))
            try disk.syncDirectory(layout.segments)
            return SegmentWriter(number: number, file: file, length: 0)
        } catch {
            throw StoreError(error)
        }
    }
}

/// A fragment of a customer: the same bytes put by two customers are two fragments.
struct FragmentAddress: Hashable {
    let owner: UserID
    let fragment: FragmentID
}

extension FragmentUpload {
    var address: FragmentAddress {
        FragmentAddress(owner: header.owner, fragment: header.fragment)
    }
    var headerLength: Int { RecordHeader.length(for: header) }
    var recordLength: Int { headerLength + header.length }
}

extension FragmentIndexRow {
    /// The index's row for a record; `nil` when it holds no fragment.
    init?(_ record: RecordHeader, headerLength: Int, isSound: Bool) {
        guard case .fragment(let header, _) = record.body else { return nil }
        self.init(
            owner: header.owner, fragment: header.fragment, segment: record.segment,
            offset: record.offset, headerLength: headerLength, length: header.length,
            sequence: record.sequence, state: isSound ? .live : .corrupt)
    }
}

extension OwnerUsage {
    /// Bytes of the customer's quota.
    var charged: Int { liveLength + tombstonedLength }

    mutating func add(_ row: FragmentIndexRow) {
        liveCount += 1
        liveLength += row.recordLength
    }

    mutating func tombstone(_ row: FragmentIndexRow) {
        liveCount -= 1
        liveLength -= row.recordLength
        tombstonedLength += row.recordLength
    }

    mutating func loseToCorruption(_ row: FragmentIndexRow) {
        liveCount -= 1
        liveLength -= row.recordLength
    }
}

extension Writer {
    /// Pages to put headers into, at least `byteCount` bytes.
    mutating func headerPages(_ byteCount: Int) -> PageBuffer {
        if let headers, headers.byteCount >= byteCount { return headers }
        let pages = PageBuffer(byteCount: max(byteCount, 256 << 10))
        headers = pages
        return pages
    }
}
