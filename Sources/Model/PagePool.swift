internal import Synchronization

/// Buffers for bulk bytes, used again once nobody holds them: fresh pages cost as much as what is
/// done with the bytes in them.
///
/// The pool keeps a reference to what it hands out. Nothing is given back: whatever the pool alone
/// still holds is free. So a buffer may go from thread to thread, and whoever drops it last, on
/// whatever way out, has returned it.
///
/// Thread rules: any thread may call.
package final class PagePool: Sendable {
    private let byteCountMax: Int
    /// Least recently handed out first.
    private let buffers = Mutex<[PageBuffer]>([])

    /// - Parameter byteCountMax: bytes that are kept for reuse; more than that may be handed out,
    ///   and is freed when it is dropped.
    package init(byteCountMax: Int) {
        self.byteCountMax = byteCountMax
    }

    /// Bytes that the pool knows of, free or in use.
    package var byteCount: Int {
        buffers.withLock { $0.reduce(0) { $0 + $1.byteCount } }
    }

    /// A buffer of at least so many bytes, and at most twice as many when it is an old one; what is
    /// in it is old too.
    package func take(byteCount: Int) -> PageBuffer {
        if let free = buffers.withLock({ PagePool.free(&$0, byteCount) }) { return free }
        // Outside of the lock: a new one is filled with zeros.
        let fresh = PageBuffer(byteCount: byteCount)
        // Freed outside of the lock.
        let dropped = buffers.withLock { buffers in
            var dropped: [PageBuffer] = []
            var total = buffers.reduce(fresh.byteCount) { $0 + $1.byteCount }
            while total > byteCountMax, let index = PagePool.firstFree(&buffers) {
                dropped.append(buffers.remove(at: index))
                total -= dropped[dropped.count - 1].byteCount
            }
            if total <= byteCountMax { buffers.append(fresh) }
            return dropped
        }
        _ = dropped
        return fresh
    }

    private static func free(_ buffers: inout [PageBuffer], _ byteCount: Int) -> PageBuffer? {
        // The last one is the most likely to be in a cache.
        for index in buffers.indices.reversed()
        where buffers[index].byteCount >= byteCount && buffers[index].byteCount / 2 <= byteCount {
            guard isKnownUniquelyReferenced(&buffers[index]) else { continue }
            let found = buffers.remove(at: index)
            buffers.append(found)
            return found
        }
        return nil
    }

    private static func firstFree(_ buffers: inout [PageBuffer]) -> Int? {
        for index in buffers.indices where isKnownUniquelyReferenced(&buffers[index]) {
            return index
        }
        return nil
    }
}
