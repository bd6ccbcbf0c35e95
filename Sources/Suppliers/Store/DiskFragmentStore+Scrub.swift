internal import Catalogs
internal import Hashing
package import Model

/// What a scrub read and what was wrong.
package struct ScrubReport: Hashable, Sendable {
    package var recordCount = 0
    /// Bytes read.
    package var length = 0
    /// Records whose bytes are not what was written, or cannot be read, in the order of the disk.
    package var findings: [ScrubFinding] = []
}

package struct ScrubFinding: Hashable, Sendable {
    package let owner: UserID
    package let fragment: FragmentID
    package let segment: Int
    /// Bytes from the start of the segment to the record.
    package let offset: Int
    package let reason: ScrubReason
}

package enum ScrubReason: Hashable, Sendable {
    case checksum(Corruption)
    /// The checksum holds and the root of the bytes is not the fragment id: what was put was wrong.
    case root(found: Bytes32)
    /// The disk gives an error for it.
    case unreadable(errno: Int32)
}

extension DiskFragmentStore {
    /// Re-reads the own disk, to find what has rotted while the other suppliers still have enough
    /// to rebuild it.
    ///
    /// Damaged records are noted: from then on the store says that it does not have them, and they
    /// can be put again.
    ///
    /// - Parameter checkingRoots: whether to compute the BLAKE3 root of each fragment too, which
    ///   also finds what was wrong before it got here.
    package func scrub(checkingRoots: Bool) throws(StoreError) -> ScrubReport {
        try checkOpen()
        var report = ScrubReport()
        let buffer = PageBuffer(byteCount: Limits.fragmentLengthMax)
        do {
            for segment in try index.segments() {
                var offset = 0
                while true {
                    let rows = try index.records(
                        inSegment: segment.number, from: offset, limit: 256)
                    guard let last = rows.last else { break }
                    for row in rows where row.state != .copied {
                        try checkOpen()
                        try scrub(row, checkingRoot: checkingRoots, buffer, &report)
                    }
                    offset = last.offset + 1
                }
            }
        } catch let error as FragmentIndexError {
            throw StoreError(error)
        } catch let error as StoreError {
            throw error
        } catch {
            throw .failed(operation: "scrub", errno: -1)
        }
        return report
    }

    package func scrub(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) -> [Bool] {
        try checkOpen()
        _ = try member(owner)
        let rows = try newest(fragments, of: owner)
        let buffer = PageBuffer(byteCount: max(1, rows.map { $0?.length ?? 0 }.max() ?? 0))
        return try rows.map { (row) throws(StoreError) in
            guard let row, row.state == .live else { return false }
            var report = ScrubReport()
            try scrub(row, checkingRoot: true, buffer, &report)
            return report.recordCount == 1 && report.findings.isEmpty
        }
    }

    private func scrub(
        _ row: FragmentIndexRow, checkingRoot: Bool, _ buffer: PageBuffer,
        _ report: inout ScrubReport
    ) throws(StoreError) {
        // A row of a damaged index may claim any length; the index itself is rebuilt elsewhere.
        guard (0...buffer.byteCount).contains(row.length) else { return }
        report.recordCount += 1
        report.length += row.recordLength
        let bytes = buffer[0..<row.length]
        do throws(StoreError) {
            _ = try readRecord(row, into: bytes)
            guard checkingRoot else { return }
            let root = BLAKE3.hash(UnsafeRawBufferPointer(bytes).bytes)
            if root != row.fragment.bytes {
                noteCorrupt(row)
                report.add(row, .root(found: root))
            }
        } catch {
            let now = try? newest([row.fragment], of: row.owner)[0]
            // It was copied elsewhere meanwhile, and is read there.
            if let now, now.sequence > row.sequence { return }
            switch error {
            case .corrupt(let corruption):
                report.add(row, .checksum(corruption))
            case .failed(_, let errno):
                noteCorrupt(row)
                report.add(row, .unreadable(errno: errno))
            case .unavailable:
                // Nobody knows anything of its bytes now.
                throw error
            default:
                // The segment is gone or closed: nothing can be said of the record's bytes.
                report.add(row, .unreadable(errno: -1))
            }
        }
    }
}

extension ScrubReport {
    fileprivate mutating func add(_ row: FragmentIndexRow, _ reason: ScrubReason) {
        findings.append(
            ScrubFinding(
                owner: row.owner, fragment: row.fragment, segment: row.segment,
                offset: row.offset, reason: reason))
    }
}
