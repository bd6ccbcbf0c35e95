internal import Model
internal import Synchronization

/// A segment in a bucket, as a file that is only appended to.
///
/// What is written is durable when `write` returns. Bytes of an object that is gone are missing as
/// they are behind the end of a file: the record's checksum finds that, and the fragment is lost.
///
/// Thread rules: any thread reads; writes take turns, as a store's do.
final class ObjectSegment: DiskFile {
    private struct State {
        var parts = SegmentParts()
        /// Objects that were written and not answered for.
        var unsure: [String] = []
    }

    private let number: Int
    private let bucket: BucketKeys
    private let state: Mutex<State>

    init(number: Int, bucket: BucketKeys, parts: SegmentParts = SegmentParts()) {
        self.number = number
        self.bucket = bucket
        state = Mutex(State(parts: parts))
    }

    func length() -> Int { state.withLock { $0.parts.length } }

    func write(_ parts: [UnsafeRawBufferPointer], at offset: Int) throws(DiskError) -> Int {
        let byteCount = parts.reduce(0) { $0 + $1.count }
        guard offset <= length() else { throw DiskError(.write, code: DiskError.invalid) }
        guard byteCount > 0 else { return 0 }
        let key = bucket.part(of: number, at: offset)
        do throws(ObjectError) {
            try bucket.storage.put(parts, as: key)
        } catch {
            if case .silent = error { state.withLock { $0.unsure.append(key) } }
            throw bucket.refusal.note(error, .write)
        }
        bucket.refusal.forgetSilence()
        state.withLock {
            $0.parts.append(.init(key: key, offset: offset, length: byteCount))
        }
        return byteCount
    }

    func read(into parts: [UnsafeMutableRawBufferPointer], at offset: Int) throws(DiskError) -> Int
    {
        let wanted = parts.reduce(0) { $0 + $1.count }
        let pieces = state.withLock { $0.parts.pieces(of: offset..<offset + wanted) }
        var filled = 0
        for piece in pieces {
            let bytes: [UInt8]
            do throws(ObjectError) {
                bytes = try bucket.storage.get(
                    piece.key, range: piece.range, limit: piece.range.count)
            } catch {
                guard error == .notFound else { throw bucket.refusal.note(error, .read) }
                state.withLock { $0.parts.lose(piece.key) }
                break
            }
            bucket.refusal.forgetSilence()
            parts.copy(bytes, at: filled)
            filled += bytes.count
            // The object is shorter than it was.
            guard bytes.count == piece.range.count else { break }
        }
        return filled
    }

    /// Objects of which nothing counts are removed; one that cannot be comes to nothing, unless
    /// nothing is written behind it: then it is what was never acknowledged.
    func truncate(to length: Int) {
        let dropped = state.withLock { state in
            defer { state.unsure = [] }
            return state.unsure + state.parts.cut(to: length)
        }
        for key in dropped { try? bucket.storage.remove(key) }
    }

    /// Removes all objects, the last first: what is left when that fails is a shorter segment.
    func removeAll() throws(DiskError) {
        let keys = state.withLock { $0.unsure + $0.parts.parts.reversed().map(\.key) }
        for key in keys {
            try bucket.remove(key)
            state.withLock { state in
                state.unsure.removeAll { $0 == key }
                if let part = state.parts.parts.last, part.key == key {
                    _ = state.parts.cut(to: part.offset)
                }
            }
        }
    }

    func reserve(_ range: Range<Int>) {}
    func sync() {}
    func close() {}
}

extension Array where Element == UnsafeMutableRawBufferPointer {
    /// Copies `bytes` to where they are in the row of these buffers.
    fileprivate func copy(_ bytes: [UInt8], at position: Int) {
        var (start, taken) = (position, 0)
        bytes.withUnsafeBytes { source in
            for buffer in self where taken < source.count {
                guard start < buffer.count else {
                    start -= buffer.count
                    continue
                }
                let count = Swift.min(buffer.count - start, source.count - taken)
                UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + count])
                    .copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: source[taken..<taken + count]))
                (start, taken) = (0, taken + count)
            }
        }
    }
}
