internal import Glibc
internal import Synchronization

/// A text file that lines are appended to; when it is full it becomes `NAME.1`, that one `NAME.2`,
/// and so on, so that logs never fill a disk.
///
/// Thread rules: any thread may append. A log that cannot be written must not stop the node: the
/// line is dropped and the next one tries again.
package final class LogFile: Sendable {
    private struct State {
        var descriptor: Int32 = -1
        var length = 0
    }

    private let path: String
    private let lengthMax: Int
    private let keptCount: Int
    private let state = Mutex(State())

    package init(path: String, lengthMax: Int, keptCount: Int) {
        precondition(lengthMax > 0 && keptCount > 0)
        self.path = path
        self.lengthMax = lengthMax
        self.keptCount = keptCount
    }

    deinit { state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } } }

    /// Appends one line; its end is added.
    package func append(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        state.withLock { state in
            open(&state)
            if state.length > 0, state.length + bytes.count > lengthMax { rotate(&state) }
            guard state.descriptor >= 0 else { return }
            let count = bytes.withUnsafeBytes { write(state.descriptor, $0.baseAddress, $0.count) }
            state.length += max(0, count)
        }
    }

    private func open(_ state: inout State) {
        guard state.descriptor < 0 else { return }
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW
        state.descriptor = Glibc.open(path, flags, 0o600)
        var status = stat()
        let isKnown = state.descriptor >= 0 && fstat(state.descriptor, &status) == 0
        state.length = isKnown ? Int(status.st_size) : 0
    }

    private func rotate(_ state: inout State) {
        close(state.descriptor)
        state.descriptor = -1
        for number in stride(from: keptCount - 1, through: 1, by: -1) {
            rename("\(path).\(number)", "\(path).\(number + 1)")
        }
        rename(path, "\(path).1")
        open(&state)
    }
}
