internal import Model
internal import Synchronization

/// Keeps buffers that caches have let go of, by length, for those that come next.
final class BufferRecycler: Sendable {
    private let free = Mutex<[Int: [PageBuffer]]>([:])

    func take(byteCount: Int) -> PageBuffer {
        free.withLock { $0[byteCount]?.popLast() } ?? PageBuffer(byteCount: byteCount)
    }

    func giveBack(_ buffer: PageBuffer) {
        free.withLock { $0[buffer.byteCount, default: []].append(buffer) }
    }
}

/// A buffer that goes back to its recycler when nobody holds it any more.
// @unchecked: written by its maker before it is shared, only read afterwards.
final class RecycledBuffer: @unchecked Sendable {
    let buffer: PageBuffer
    private let recycler: BufferRecycler

    init(byteCount: Int, from recycler: BufferRecycler) {
        let page = Limits.pageLength
        self.buffer = recycler.take(byteCount: (byteCount + page - 1) / page * page)
        self.recycler = recycler
    }

    deinit {
        recycler.giveBack(buffer)
    }
}
