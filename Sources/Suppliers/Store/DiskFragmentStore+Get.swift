internal import Catalogs
internal import Identities
package import Model
internal import Synchronization

extension DiskFragmentStore {
    package func get(
        _ fragment: FragmentID, of owner: UserID, range: Range<Int>?,
        into target: UnsafeMutableRawBufferPointer
    ) throws(StoreError) -> Int {
        try withRecord(of: fragment, of: owner) { (row) throws(StoreError) in
            try get(row, range: range, into: target)
        }
    }

    package func header(
        of fragment: FragmentID, of owner: UserID
    ) throws(StoreError) -> FragmentHeader {
        try withRecord(of: fragment, of: owner) { (row) throws(StoreError) in
            let pages = PageBuffer(byteCount: row.headerLength)
            let count = try read(
                [pages[0..<row.headerLength]], of: row.segment, at: row.offset, isDirect: false)
            return try fragmentHeader(in: pages[0..<count], of: row).header
        }
    }

    /// Reads where the record is now: it may be copied elsewhere while `body` looks for it.
    private func withRecord<Value>(
        of fragment: FragmentID, of owner: UserID,
        _ body: (FragmentIndexRow) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        var row = try record(of: fragment, of: owner)
        while true {
            do throws(StoreError) {
                return try body(row)
            } catch {
                let now = try record(of: fragment, of: owner)
                guard now.sequence != row.sequence, now.state == .live else { throw error }
                row = now
            }
        }
    }

    private func get(
        _ row: FragmentIndexRow, range: Range<Int>?, into target: UnsafeMutableRawBufferPointer
    ) throws(StoreError) -> Int {
        let range = range ?? 0..<row.length
        guard range.lowerBound >= 0, range.upperBound <= row.length, target.count >= range.count
        else { throw .invalid(field: "range") }
        let room = UnsafeMutableRawBufferPointer(rebasing: target[..<range.count])
        if range.count == row.length {
            _ = try readRecord(row, into: room)
        } else {
            let isDirect =
                range.count >= directReadLengthMin
                && room.isPageAligned && range.isPageAligned
            let start = row.offset + row.headerLength + range.lowerBound
            let count = try read([room], of: row.segment, at: start, isDirect: isDirect)
            guard count == room.count else {
                throw .corrupt(
                    Corruption(fragment: row.fragment, part: .payload, expected: 0, found: 0))
            }
        }
        return range.count
    }

    package func has(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) -> [Bool] {
        try checkOpen()
        _ = try member(owner)
        return try newest(fragments, of: owner).map { $0?.state == .live }
    }

    package func list(
        of owner: UserID, after: FragmentID?, limit: Int
    ) throws(StoreError) -> [FragmentRecord] {
        try checkOpen()
        _ = try member(owner)
        do {
            return try index.live(of: owner, after: after, limit: max(0, limit)).map {
                FragmentRecord(id: $0.fragment, length: $0.length)
            }
        } catch {
            throw StoreError(error)
        }
    }

    /// Reads the record that the index names, header and payload in one call, and holds both
    /// against what was written. A damaged one is noted, so that it can be put again.
    ///
    /// - Parameter target: exactly `row.length` bytes.
    func readRecord(
        _ row: FragmentIndexRow, into target: UnsafeMutableRawBufferPointer
    ) throws(StoreError) -> FragmentHeader {
        let pages = PageBuffer(byteCount: row.headerLength)
        let headerPart = pages[0..<row.headerLength]
        let count = try read(
            [headerPart, target], of: row.segment, at: row.offset, isDirect: target.isPageAligned)
        do throws(StoreError) {
            let (header, expected) = try fragmentHeader(
                in: UnsafeMutableRawBufferPointer(
                    rebasing: headerPart[..<min(count, headerPart.count)]), of: row)
            let found = Checksum.crc32c(UnsafeRawBufferPointer(target).bytes)
            guard count == row.recordLength, found == expected else {
                throw StoreError.corrupt(
                    Corruption(
                        fragment: row.fragment, part: .payload, expected: expected, found: found))
            }
            return header
        } catch {
            noteCorrupt(row)
            throw error
        }
    }

    /// Decodes the header pages of a record and checks that they are those of `row`.
    private func fragmentHeader(
        in pages: UnsafeMutableRawBufferPointer, of row: FragmentIndexRow
    ) throws(StoreError) -> (header: FragmentHeader, payloadChecksum: UInt32) {
        let bytes = Array(pages)
        if let record = try? RecordHeader(bytes), record.segment == row.segment,
            record.offset == row.offset, record.mark == mark, record.sequence == row.sequence,
            case .fragment(let header, let checksum) = record.body,
            header.owner == row.owner, header.fragment == row.fragment
        {
            return (header, checksum)
        }
        let (expected, found) = RecordHeader.checksums(of: bytes)
        throw .corrupt(
            Corruption(fragment: row.fragment, part: .header, expected: expected, found: found))
    }

    /// Marks a record as damaged. When that cannot be noted the next reader finds it again.
    func noteCorrupt(_ row: FragmentIndexRow) {
        guard !isReadOnly else { return }
        ledger.withLock { ledger in
            guard let now = try? index.newest([row.fragment], of: row.owner)[0],
                now.sequence == row.sequence, now.state == .live,
                (try? index.markCorrupt(row)) != nil
            else { return }
            ledger.owners[row.owner, default: .zero].loseToCorruption(row)
            ledger.deadChangeCount += 1
        }
    }

    func read(
        _ parts: [UnsafeMutableRawBufferPointer], of segment: Int, at offset: Int, isDirect: Bool
    ) throws(StoreError) -> Int {
        do {
            let file = try readers.file(segment, isDirect: isDirect && options.isDirect) {
                () throws(DiskError) in
                try disk.open(
                    layout.segment(segment), .read(direct: isDirect && options.isDirect))
            }
            return try file.readAll(into: parts, at: offset)
        } catch {
            throw StoreError(error)
        }
    }

    /// Below this the page cache's read-ahead is worth more than the copy it costs.
    private var directReadLengthMin: Int { 256 << 10 }
}

extension UnsafeMutableRawBufferPointer {
    var isPageAligned: Bool {
        UInt(bitPattern: baseAddress) % UInt(Limits.pageLength) == 0
    }
}

extension Range<Int> {
    var isPageAligned: Bool {
        lowerBound % Limits.pageLength == 0 && upperBound % Limits.pageLength == 0
    }
}
