internal import Synchronization

/// Open segments for reading, a bounded number of them.
final class SegmentReaders: Sendable {
    private struct Name: Hashable {
        let segment: Int
        let isDirect: Bool
    }

    private struct State {
        var files: [Name: any DiskFile] = [:]
        /// Oldest first.
        var order: [Name] = []
        /// Numbers of segments that are gone; none is given twice.
        var removed: Set<Int> = []
    }

    /// File descriptors are few: a process has 1024 of them unless it asks for more.
    private static let countMax = 64
    private let state = Mutex(State())

    /// The segment's file, opened with `open` when it is not.
    ///
    /// A file that is dropped to make room is closed when its last user is done.
    func file(
        _ segment: Int, isDirect: Bool, open: () throws(DiskError) -> any DiskFile
    ) throws(DiskError) -> any DiskFile {
        let name = Name(segment: segment, isDirect: isDirect)
        if let file = state.withLock({ $0.files[name] }) { return file }
        let file = try open()
        state.withLock { state in
            guard state.files[name] == nil, !state.removed.contains(segment) else { return }
            if state.order.count == SegmentReaders.countMax {
                state.files[state.order.removeFirst()] = nil
            }
            state.files[name] = file
            state.order.append(name)
        }
        return file
    }

    /// Forgets a segment that is gone: an open file would keep its space.
    func remove(_ segment: Int) {
        state.withLock { state in
            state.removed.insert(segment)
            state.order.removeAll { $0.segment == segment }
            for isDirect in [false, true] {
                state.files[Name(segment: segment, isDirect: isDirect)] = nil
            }
        }
    }

    func removeAll() {
        state.withLock { $0 = State() }
    }
}
