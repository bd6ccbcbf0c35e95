internal import Model
internal import Pipelines
internal import Synchronization

/// Destroys suppliers once, when a restore has come far enough.
final class SupplierDestruction: Sendable {
    private let directories: [[UInt8]]
    private let bytesTotal: UInt64
    /// Bytes that were restored when it happened.
    private let moment = Mutex<UInt64?>(nil)

    /// - Parameter bytesTotal: of the whole restore; it happens at a third of them.
    init(directories: [[UInt8]], bytesTotal: UInt64) {
        self.directories = directories
        self.bytesTotal = bytesTotal
    }

    /// Whether it happened while bytes were still to be restored.
    var happenedInTheMiddle: Bool {
        moment.withLock { $0.map { $0 < bytesTotal } ?? false }
    }

    func watch(_ progress: RestoreProgress) {
        guard progress.bytesDone > 0, progress.bytesDone >= bytesTotal / 3 else { return }
        perform(at: progress.bytesDone)
    }

    /// Does it now unless it is done.
    func finish() {
        perform(at: bytesTotal)
    }

    private func perform(at byteCount: UInt64) {
        let isFirst = moment.withLock { moment in
            defer { moment = moment ?? byteCount }
            return moment == nil
        }
        guard isFirst else { return }
        // Emptied first: files that are open would live on in a removed directory.
        for directory in directories {
            Folder.empty(directory)
            Folder.remove(directory)
        }
    }
}
