package import Model

/// Hands out a fixed number of equal buffers: the bound on a pipeline's memory, and what makes its
/// producers wait.
///
/// Buffers are made when they are first asked for, and kept.
package final class BufferPool: Sendable {
    private let free: BoundedQueue<PageBuffer>
    private let made = Counter()
    private let countMax: Int
    package let byteCount: Int

    package init(countMax: Int, byteCount: Int) {
        self.countMax = countMax
        self.byteCount = byteCount
        self.free = BoundedQueue(countMax: countMax)
    }

    /// Waits until a buffer is free; `nil` when the pipeline is being torn down.
    package func take() -> PageBuffer? {
        if let buffer = free.takeIfAny() { return buffer }
        if made.incrementIfBelow(countMax) { return PageBuffer(byteCount: byteCount) }
        return free.take()
    }

    package func giveBack(_ buffer: PageBuffer) {
        free.put(buffer)
    }

    package func abort() {
        free.abort()
    }
}
