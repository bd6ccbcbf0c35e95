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
            guard state.files[name] == nil else { return }
            if state.order.count == SegmentReaders.countMax {
                state.files[state.order.removeFirst()] = nil
            }
            state.files[name] = file
            state.order.append(name)
        }
        return file
    }

    func removeAll() {
        state.withLock { $0 = State() }
    }
}
