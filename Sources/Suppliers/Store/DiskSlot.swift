internal import Model
internal import Synchronization

/// One disk of a supplier, and whether it still works.
package final class DiskSlot: Sendable {
    /// Whether a disk can be used.
    package enum Condition: Hashable, Sendable, CustomStringConvertible {
        case sound
        /// What is there can be read; nothing new is put on it until the supplier is started again.
        case failing(reason: String)
        /// Nothing that was on it can be read.
        case gone(reason: String)

        package var description: String {
            switch self {
            case .sound: "sound"
            case .failing(let reason): "takes nothing new: \(reason)"
            case .gone(let reason): "gone: \(reason)"
            }
        }
    }

    /// The directory on it.
    package let path: String
    /// What its operator calls it: the directory, or a bucket.
    package let name: String
    let store: DiskFragmentStore
    private let state: Mutex<Condition>

    package init(path: String, name: String? = nil, store: DiskFragmentStore) {
        self.path = path
        self.name = name ?? path
        self.store = store
        let reason = store.disk.refusal ?? "it cannot be written to"
        state = Mutex(store.isReadOnly ? .failing(reason: reason) : .sound)
    }

    package var condition: Condition { state.withLock { $0 } }

    var isReadable: Bool {
        if case .gone = condition { false } else { true }
    }
    var isWritable: Bool { condition == .sound }

    /// Whether it is no disk of this machine.
    package var isBucket: Bool { name != path }

    /// What a bucket that is still used does not do at the moment.
    package var trouble: String? {
        guard isBucket, isWritable else { return nil }
        return store.disk.refusal
    }

    /// Bytes of its segments that are in a bucket.
    package var bucketLength: Int { isBucket ? (try? store.usage().used) ?? 0 : 0 }

    /// Bytes that may still be put on it.
    package var room: Int {
        guard isWritable else { return 0 }
        return (try? store.room()) ?? 0
    }

    /// Looks whether the directory is there: a disk that was pulled out or unmounted has none.
    @discardableResult
    package func examine() -> Condition {
        guard isReadable else { return condition }
        let reason: String
        do {
            let names = try store.disk.names(in: store.layout.root)
            guard !names.contains("lock") || !store.disk.isOurs() else { return condition }
            reason =
                names.contains("lock")
                ? "another directory has taken it over" : "its directory is empty"
        } catch {
            reason = "its directory cannot be read (error \(error.code))"
        }
        state.withLock { $0 = .gone(reason: reason) }
        return condition
    }

    /// Draws the conclusion from an error of the store: whether it was the disk's.
    ///
    /// - Returns: whether the same may be tried on another disk.
    func note(_ error: StoreError) -> Bool {
        switch error {
        case .failed(let operation, let code):
            examine()
            let reason = store.disk.refusal ?? "\(operation) failed (error \(code))"
            state.withLock { if $0 == .sound { $0 = .failing(reason: reason) } }
            return true
        case .readOnly:
            let reason = store.disk.refusal ?? "it cannot be written to"
            state.withLock { if $0 == .sound { $0 = .failing(reason: reason) } }
            return true
        case .diskFull: return true
        default: return false
        }
    }
}
