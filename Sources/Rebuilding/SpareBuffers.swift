internal import Model
internal import Synchronization

/// Buffers that a block was worked on with, for the next: fresh memory costs more than what is
/// computed in it.
///
/// Thread rules: any thread.
final class SpareBuffers: Sendable {
    private let spare = Mutex<[PageBuffer]>([])

    /// A buffer of at least so many bytes, and at most twice as many; what is in it is old.
    func take(byteCount: Int) -> PageBuffer {
        let found = spare.withLock { spare in
            spare.firstIndex { $0.byteCount >= byteCount && $0.byteCount / 2 <= byteCount }
                .map { spare.remove(at: $0) }
        }
        return found ?? PageBuffer(byteCount: byteCount)
    }

    func give(_ buffer: PageBuffer) {
        spare.withLock { spare in
            spare.insert(buffer, at: 0)
            if spare.count > Limits.rebuildSpareBufferCount { spare.removeLast() }
        }
    }
}
