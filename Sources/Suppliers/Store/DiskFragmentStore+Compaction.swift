internal import Catalogs
internal import Model
internal import Synchronization

/// Compaction (Rosenblum and Ousterhout, “The design and implementation of a log-structured file
/// system”, 1992): what can still be read of a segment is appended to the one that is written to,
/// as any put is, then the old one is removed.
///
/// 1. Copies have new sequences. While both are there the index counts the later one alone, also
///    when it is made anew from the segments.
/// 2. A tombstone goes along with its old sequence as long as a record that it gave up is in
///    another segment: otherwise that record would come back when the index is lost.
/// 3. The file goes before the index forgets it, and its name is durably gone before the next
///    segment is looked at.
extension DiskFragmentStore {
    /// Does a bounded piece of the work.
    ///
    /// - Parameter isPressing: whether also little is worth copying much.
    /// - Returns: what was done, `nil` when there is nothing worth doing.
    package func compact(isPressing: Bool) throws(StoreError) -> CompactionStep? {
        try checkWritable()
        return try compaction.withLock { (state) throws(StoreError) in
            if state.segment == nil { try choose(isPressing: isPressing, &state) }
            guard let segment = state.segment else { return nil }
            do {
                return try advance(segment, &state)
            } catch let error as StoreError {
                // It is begun anew: what was copied is dead in it by now.
                state.segment = nil
                throw error
            } catch let error as DiskError {
                state.segment = nil
                throw StoreError(error)
            } catch let error as FragmentIndexError {
                state.segment = nil
                throw StoreError(error)
            } catch {
                state.segment = nil
                throw .failed(operation: "compact", errno: -1)
            }
        }
    }

    // MARK: Choosing

    private func choose(
        isPressing: Bool, _ state: inout CompactionState
    ) throws(StoreError) {
        // The reserve is there for what has to be written: this gives room back.
        let available: Int
        do {
            available = try disk.availableByteCount(at: layout.root)
        } catch {
            throw StoreError(error)
        }
        let room = max(0, available - options.diskReserve / 2)
        let occasion = CompactionState.Occasion(
            deadChangeCount: ledger.withLock { $0.deadChangeCount }, isPressing: isPressing,
            room: room)
        guard state.idle != occasion else { return }
        do {
            let uses = try index.segmentUses()
            guard
                let use = CompactionChoice.segment(
                    of: uses, kept: state.kept.union(state.waiting), isPressing: isPressing,
                    room: room)
            else {
                state.idle = occasion
                releaseReserve()
                return
            }
            if use.number == uses.last?.number { try roll(from: use.number) }
            state.segment = try begin(use)
        } catch let error as FragmentIndexError {
            throw StoreError(error)
        } catch let error as DiskError {
            throw StoreError(error)
        } catch let error as StoreError {
            throw error
        } catch {
            throw .failed(operation: "compact", errno: -1)
        }
    }

    /// What was reserved for puts that may not come soon: the disk shows what is used.
    private func releaseReserve() {
        writer.withLock { writer in
            guard var segment = writer.segment else { return }
            segment.releaseReserve()
            writer.segment = segment.isFailed ? nil : segment
        }
    }

    private func begin(_ use: SegmentUse) throws(DiskError) -> SegmentCompaction {
        let hasOnlyTombstones = use.liveLength == 0 && use.deadLength == 0
        do {
            let file = try disk.open(layout.segment(use.number), .read(direct: false))
            let length = try file.length()
            return SegmentCompaction(
                number: use.number, length: length, hasOnlyTombstones: hasOnlyTombstones,
                reader: RecordReader(
                    file: file, segment: use.number, mark: mark, length: length))
        } catch {
            // Removed in a step that came no further: only the rest of it is to do.
            guard error.isMissing, use.liveLength == 0 else { throw error }
            return SegmentCompaction(
                number: use.number, length: use.length, hasOnlyTombstones: hasOnlyTombstones,
                reader: nil, offset: use.length)
        }
    }

    /// Goes on in a new segment, with a record that keeps the sequence.
    private func roll(from number: Int) throws(StoreError) {
        try writer.withLock { (writer) throws(StoreError) in
            guard writer.nextSegment == number + 1 else { return }
            if let segment = writer.segment {
                writer.segment = nil
                do throws(DiskError) {
                    try segment.finish()
                } catch {
                    throw StoreError(error)
                }
            }
            let byteCount = RecordHeader.length(tombstoneCount: 0)
            var segment = try segment(withRoomFor: byteCount, &writer)
            let record = RecordHeader(
                segment: segment.number, offset: segment.length,
                sequence: writer.takeSequence(), mark: mark,
                body: .tombstones(owner: UserID(.zero), []))
            let pages = writer.headerPages(byteCount)[0..<byteCount]
            pages.copyBytes(from: record.encoded())
            try commit(
                [UnsafeRawBufferPointer(pages)], byteCount: byteCount, rows: [], tombstones: [],
                &segment, &writer
            ) { _ in }
        }
    }

    // MARK: Copying

    private func advance(
        _ segment: SegmentCompaction, _ state: inout CompactionState
    ) throws -> CompactionStep {
        guard let reader = segment.reader, segment.offset < segment.length else {
            let length = try remove(segment)
            state.segment = nil
            state.waiting = []
            return CompactionStep(removedLength: length)
        }
        guard let batch = try nextBatch(of: segment, reader) else {
            state.kept.insert(segment.number)
            state.segment = nil
            return CompactionStep()
        }
        if segment.hasOnlyTombstones, !batch.tombstones.isEmpty {
            state.waiting.insert(segment.number)
            state.segment = nil
            return CompactionStep()
        }
        let copied = try copy(batch)
        state.segment?.offset = batch.end
        return CompactionStep(copiedLength: copied)
    }

    /// What is needed of the next records; `nil` when there are bytes that nobody can read and the
    /// index does not know.
    private func nextBatch(
        of segment: SegmentCompaction, _ reader: RecordReader
    ) throws -> CompactionBatch? {
        var batch = CompactionBatch(end: segment.offset)
        let lengthMax = min(Limits.compactionStepLength, options.segmentLengthMax)
        for _ in 0..<Limits.compactionStepCount where batch.end < segment.length {
            guard
                let record = try reader.record(at: batch.end, checkingPayload: false)
            else {
                let next = try reader.nextHeader(after: batch.end) ?? segment.length
                guard try isDead(batch.end..<next, of: segment.number) else { return nil }
                batch.end = next
                continue
            }
            switch record.header.body {
            case .fragment:
                let rows = try index.records(
                    inSegment: segment.number, from: batch.end, limit: 1)
                guard let row = rows.first, row.offset == batch.end,
                    row.recordLength == record.end - batch.end
                else { return nil }
                if row.state == .live {
                    guard batch.live.count < Limits.groupCommitCountMax,
                        batch.live.isEmpty || batch.length + row.recordLength <= lengthMax
                    else { return batch }
                    batch.live.append(row)
                    batch.length += row.recordLength
                }
            case .tombstones(let owner, let fragments):
                let needed = CompactionBatch.Tombstones(
                    owner: owner,
                    fragments: try index.earlier(
                        fragments, of: owner, before: record.header.sequence,
                        outsideSegment: segment.number),
                    sequence: record.header.sequence)
                if !needed.fragments.isEmpty {
                    guard batch.length == 0 || batch.length + needed.recordLength <= lengthMax
                    else { return batch }
                    batch.tombstones.append(needed)
                    batch.length += needed.recordLength
                }
            }
            batch.end = record.end
        }
        return batch
    }

    /// Whether all of these bytes, in which no record is recognised, are those of records that the
    /// index knows. One that it believed to be sound is noted as damaged.
    private func isDead(_ range: Range<Int>, of segment: Int) throws -> Bool {
        var offset = range.lowerBound
        while offset < range.upperBound {
            guard
                let row = try index.records(inSegment: segment, from: offset, limit: 1).first,
                row.offset == offset, row.offset + row.recordLength <= range.upperBound
            else { return false }
            if row.state == .live { noteCorrupt(row) }
            offset += row.recordLength
        }
        return true
    }

    /// Appends what is needed, and makes it what counts.
    ///
    /// - Returns: bytes appended.
    private func copy(_ batch: CompactionBatch) throws(StoreError) -> Int {
        var found: [(row: FragmentIndexRow, upload: FragmentUpload)] = []
        for row in batch.live {
            let payload = PageBuffer(byteCount: row.length)
            do throws(StoreError) {
                let header = try readRecord(row, into: payload.bytes)
                found.append(
                    (
                        row,
                        FragmentUpload(
                            header: header, payload: payload, range: 0..<row.length)
                    ))
            } catch {
                // Damaged: it was noted as such, and nobody can read it.
                guard case .corrupt = error else { throw error }
            }
        }
        guard !found.isEmpty || !batch.tombstones.isEmpty else { return 0 }
        return try writer.withLock { (writer) throws(StoreError) in
            var live: [FragmentUpload] = []
            for (row, upload) in found {
                // Its owner may have given it up meanwhile.
                let now = try newest([row.fragment], of: row.owner)[0]
                guard let now, now.sequence == row.sequence, now.state == .live else { continue }
                live.append(upload)
            }
            return try append(live, batch.tombstones, &writer)
        }
    }

    private func append(
        _ live: [FragmentUpload], _ tombstones: [CompactionBatch.Tombstones],
        _ writer: inout Writer
    ) throws(StoreError) -> Int {
        let byteCount =
            live.reduce(0) { $0 + $1.recordLength } + tombstones.reduce(0) { $0 + $1.recordLength }
        guard byteCount > 0 else { return 0 }
        var segment = try segment(withRoomFor: byteCount, &writer)
        var parts: [UnsafeRawBufferPointer] = []
        var rows: [FragmentIndexRow] = []
        var offset = segment.length
        let pages = writer.headerPages(
            live.reduce(0) { $0 + $1.headerLength }
                + tombstones.reduce(0) { $0 + $1.recordLength })
        var pageOffset = 0
        func place(_ record: RecordHeader) -> Int {
            let bytes = record.encoded()
            let target = pages[pageOffset..<pageOffset + bytes.count]
            target.copyBytes(from: bytes)
            parts.append(UnsafeRawBufferPointer(target))
            pageOffset += bytes.count
            offset += bytes.count
            return bytes.count
        }
        for group in tombstones {
            _ = place(
                RecordHeader(
                    segment: segment.number, offset: offset, sequence: group.sequence, mark: mark,
                    body: .tombstones(owner: group.owner, group.fragments)))
        }
        for upload in live {
            let record = RecordHeader(
                segment: segment.number, offset: offset, sequence: writer.takeSequence(),
                mark: mark,
                body: .fragment(
                    upload.header, payloadChecksum: Checksum.crc32c(upload.bytes.bytes)))
            let headerLength = place(record)
            rows.append(FragmentIndexRow(record, headerLength: headerLength, isSound: true)!)
            parts.append(upload.bytes)
            offset += upload.header.length
        }
        // A reader may find an original damaged until the index knows of the copy.
        var isLive: [Bool] = []
        try commit(
            parts, byteCount: byteCount, rows: rows, tombstones: [], mayCopy: true, &segment,
            &writer,
            before: { () throws(StoreError) in
                for row in rows {
                    isLive.append(try newest([row.fragment], of: row.owner)[0]?.state == .live)
                }
            }
        ) { ledger in
            for (row, isLive) in zip(rows, isLive) {
                ledger.addCopy(row, isOriginalLive: isLive)
            }
        }
        return byteCount
    }

    // MARK: Removing

    /// - Returns: bytes of the segment.
    private func remove(_ segment: SegmentCompaction) throws -> Int {
        try writer.withLock { writer in
            guard segment.number < writer.nextSegment - 1,
                try !index.hasLive(inSegment: segment.number)
            else { throw StoreError.failed(operation: "compact", errno: -1) }
            do throws(DiskError) {
                try disk.remove(layout.segment(segment.number))
            } catch {
                // Gone already, in a step that came no further.
                guard error.isMissing else { throw error }
            }
            readers.remove(segment.number)
            try disk.syncDirectory(layout.segments)
            try ledger.withLock { ledger in
                let rest = try index.removeSegment(segment.number)
                ledger.usedLength -= segment.length
                ledger.copiedLength -= rest.copiedLength
                for (owner, length) in rest.tombstonedLengths {
                    ledger.owners[owner, default: .zero].tombstonedLength -= length
                }
            }
            return segment.length
        }
    }
}
