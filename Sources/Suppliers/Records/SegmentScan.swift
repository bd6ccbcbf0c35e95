internal import Model

/// What a segment holds, read from the segment alone.
///
/// Two kinds of damage are told apart (as TigerBeetle's journal does): bad bytes with good records
/// after them were durable once, so the disk has changed them; bad bytes with nothing good after
/// them are what a loss of power leaves of a write that nobody has a receipt for.
struct SegmentScan: Sendable {
    struct Record: Sendable {
        let header: RecordHeader
        let headerLength: Int
        /// `false` when the payload was read and is not what was written.
        let isSound: Bool

        var end: Int { header.offset + headerLength + header.payloadLength }
    }

    /// In the order of their offsets.
    private(set) var records: [Record] = []
    /// Bytes between good records in which no record can be recognised.
    private(set) var damaged: [Range<Int>] = []
    /// Where the bad bytes start with nothing good after them; the end of the file when there are
    /// none.
    private(set) var soundEnd: Int
    let fileLength: Int

    var hasTornTail: Bool { soundEnd < fileLength }
    var lastSequence: UInt64 { records.map(\.header.sequence).max() ?? 0 }

    /// Reads a segment from `start` on.
    ///
    /// - Parameter checkingPayloads: whether payloads are read too, or headers only.
    /// - Throws: what the disk says. Damage is no error.
    init(
        of file: any DiskFile, number: Int, mark: Bytes32, from start: Int, checkingPayloads: Bool
    ) throws(DiskError) {
        fileLength = try file.length()
        soundEnd = start
        let reader = RecordReader(file: file, segment: number, mark: mark, length: fileLength)
        var offset = start
        var pending: [Record] = []
        var pendingDamage: [Range<Int>] = []
        while offset < fileLength {
            guard let record = try reader.record(at: offset, checkingPayload: checkingPayloads)
            else {
                guard let next = try reader.nextHeader(after: offset) else { break }
                pendingDamage.append(offset..<next)
                offset = next
                continue
            }
            offset = record.end
            pending.append(record)
            guard record.isSound else { continue }
            // A good record: what was bad before it stays, as damage.
            records += pending
            damaged += pendingDamage
            soundEnd = record.end
            (pending, pendingDamage) = ([], [])
        }
    }
}

/// Reads records of one segment into memory of its own.
struct RecordReader {
    let file: any DiskFile
    let segment: Int
    let mark: Bytes32
    /// Bytes of the file.
    let length: Int
    private let window: PageBuffer

    init(file: any DiskFile, segment: Int, mark: Bytes32, length: Int) {
        self.file = file
        self.segment = segment
        self.mark = mark
        self.length = length
        self.window = PageBuffer(byteCount: min(1 << 20, max(length, RecordHeader.lengthMax)))
    }

    /// The record at `offset`; `nil` when none is there or its end is not in the file.
    func record(
        at offset: Int, checkingPayload: Bool
    ) throws(DiskError) -> SegmentScan.Record? {
        guard let (header, headerLength) = try header(at: offset) else { return nil }
        let end = offset + headerLength + header.payloadLength
        guard end <= length else { return nil }
        var isSound = true
        if checkingPayload, case .fragment(_, let expected) = header.body {
            let range = offset + headerLength..<end
            isSound = try checksum(of: range) == expected
        }
        return SegmentScan.Record(
            header: header, headerLength: headerLength, isSound: isSound)
    }

    /// The header at `offset`, when it was written there by this store.
    func header(at offset: Int) throws(DiskError) -> (RecordHeader, length: Int)? {
        let count = try file.readAll(
            into: [window[0..<min(RecordHeader.lengthMax, window.byteCount)]], at: offset)
        let page = Limits.pageLength
        guard count >= page,
            let headerLength = RecordHeader.length(startingWith: Array(window[0..<page])),
            headerLength <= count,
            let header = try? RecordHeader(Array(window[0..<headerLength])),
            header.segment == segment, header.offset == offset, header.mark == mark
        else { return nil }
        return (header, headerLength)
    }

    /// Where the next header is, on the pages after `offset`.
    func nextHeader(after offset: Int) throws(DiskError) -> Int? {
        let page = Limits.pageLength
        var position = (offset / page + 1) * page
        while position < length {
            let count = try file.readAll(into: [window.bytes], at: position)
            let candidates = stride(from: 0, to: count - page + 1, by: page).filter {
                RecordHeader.length(startingWith: Array(window[$0..<$0 + page])) != nil
            }
            for candidate in candidates {
                if try header(at: position + candidate) != nil { return position + candidate }
            }
            // Fewer bytes than asked for are the end, or what a bucket has lost.
            position += max(page, count / page * page)
        }
        return nil
    }

    private func checksum(of range: Range<Int>) throws(DiskError) -> UInt32 {
        var checksum: UInt32 = 0
        var position = range.lowerBound
        while position < range.upperBound {
            let part = window[0..<min(window.byteCount, range.upperBound - position)]
            let count = try file.readAll(into: [part], at: position)
            checksum = Checksum.crc32c(UnsafeRawBufferPointer(part).bytes, seed: checksum)
            guard count == part.count else { return ~checksum }
            position += count
        }
        return checksum
    }
}
