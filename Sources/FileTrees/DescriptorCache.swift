internal import CKernels
internal import Model
internal import Synchronization

/// An open file descriptor, closed when the last owner lets go.
///
/// A number taken from a value that nobody holds any more is closed, and soon another file's. So a
/// call uses ``with(_:)``, and nothing keeps the number; only a type that stores its descriptor
/// reads ``number``, within its own methods.
final class Descriptor: Sendable {
    let number: Int32

    init(_ number: Int32) {
        self.number = number
    }

    deinit {
        bd_close(number)
    }

    /// Lends the number; the descriptor stays open until `body` returns.
    func with<Result: ~Copyable, Failure: Error>(
        _ body: (Int32) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(number)
    }
}

/// The directories of one tree that are held open: those used last, at most `capacity`.
///
/// A tree of 2000 levels is walked with 64 descriptors: a directory that was closed is opened again
/// through its parents, and the ones on the way stay open, so walking up costs one chain of opens
/// for every `capacity` levels.
///
/// Thread rules: any thread. A descriptor that is in use outlives its place in the cache.
final class DescriptorCache: Sendable {
    private struct Slot {
        var owner: UInt64
        var used: UInt64
        var descriptor: Descriptor
    }

    private struct State {
        var slots: [Slot] = []
        var clock: UInt64 = 0
        var ownerCount: UInt64 = 0
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// - Precondition: `capacity > 0`.
    init(capacity: Int = Limits.openDirectoryCountMax) {
        precondition(capacity > 0)
        self.capacity = capacity
    }

    /// A number that no other directory of this cache has.
    func newOwner() -> UInt64 {
        state.withLock { state in
            state.ownerCount += 1
            return state.ownerCount
        }
    }

    func find(_ owner: UInt64) -> Descriptor? {
        state.withLock { state in
            guard let index = state.slots.firstIndex(where: { $0.owner == owner }) else {
                return nil
            }
            state.clock += 1
            state.slots[index].used = state.clock
            return state.slots[index].descriptor
        }
    }

    func insert(_ descriptor: Descriptor, owner: UInt64) {
        // Returned so that the descriptor that had to go is closed after the lock is released.
        _ = state.withLock { state -> Descriptor? in
            state.clock += 1
            let slot = Slot(owner: owner, used: state.clock, descriptor: descriptor)
            if state.slots.count < capacity {
                state.slots.append(slot)
                return nil
            }
            var oldest = 0
            for index in state.slots.indices
            where state.slots[index].used < state.slots[oldest].used {
                oldest = index
            }
            let evicted = state.slots[oldest].descriptor
            state.slots[oldest] = slot
            return evicted
        }
    }

    func remove(_ owner: UInt64) {
        _ = state.withLock { state -> Descriptor? in
            guard let index = state.slots.firstIndex(where: { $0.owner == owner }) else {
                return nil
            }
            let last = state.slots.count - 1
            state.slots.swapAt(index, last)
            return state.slots.removeLast().descriptor
        }
    }

    var openCount: Int {
        state.withLock { $0.slots.count }
    }
}
