internal import Model

/// The segment that new records go to.
///
/// A failed sync is final for it (Rebello et al., “Can Applications Recover from fsync
/// Failures?”, 2020): Linux forgets which pages were not written, so nothing more is ever put
/// behind them. The store goes on in a new segment.
struct SegmentWriter {
    let number: Int
    let file: any DiskFile
    /// Bytes that are durable; the next record goes here.
    private(set) var length: Int
    private var reservedEnd: Int
    private(set) var isFailed = false

    /// Space taken at once, so that writes find their blocks laid out; given back at the end.
    private static let reservation = 32 << 20

    init(number: Int, file: any DiskFile, length: Int) {
        self.number = number
        self.file = file
        self.length = length
        self.reservedEnd = length
    }

    /// Writes `parts`, `byteCount` bytes of whole pages, and makes them durable. On an error
    /// nothing of them counts.
    mutating func append(
        _ parts: [UnsafeRawBufferPointer], byteCount: Int, limit: Int
    ) throws(DiskError) {
        do {
            try reserve(byteCount, limit: limit)
            try file.writeAll(parts, at: length)
        } catch {
            takeBack()
            throw error
        }
        do {
            try file.sync()
        } catch {
            takeBack()
            isFailed = true
            throw error
        }
        length += byteCount
    }

    /// Undoes the last `append`, for a caller who could not note it.
    mutating func takeBack(to earlier: Int) {
        length = earlier
        takeBack()
    }

    /// Gives reserved space back, and goes on.
    mutating func releaseReserve() { takeBack() }

    /// Gives reserved space back; the segment is complete.
    func finish() throws(DiskError) {
        try file.truncate(to: length)
        try file.close()
    }

    private mutating func reserve(_ byteCount: Int, limit: Int) throws(DiskError) {
        let end = length + byteCount
        guard end > reservedEnd else { return }
        let ahead = max(end, min(limit, reservedEnd + SegmentWriter.reservation))
        do {
            try file.reserve(reservedEnd..<ahead)
            reservedEnd = ahead
        } catch {
            // Not so much: only what is needed.
            guard error.isFull, ahead > end else { throw error }
            try file.reserve(reservedEnd..<end)
            reservedEnd = end
        }
    }

    /// Cuts off what was written behind `length`. Where that fails too the segment is given up:
    /// its next records would follow bytes that nobody knows.
    private mutating func takeBack() {
        reservedEnd = length
        do {
            try file.truncate(to: length)
        } catch {
            isFailed = true
        }
    }
}
