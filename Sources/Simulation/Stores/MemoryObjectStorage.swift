package import Model
internal import Synchronization

/// A bucket in memory, with faults that are data: each operation takes the next one that is
/// waiting, and does what it says.
package final class MemoryObjectStorage: ObjectStorage {
    package enum Fault: Sendable {
        /// Nothing is done.
        case refuse(ObjectError)
        /// It is done, and nobody is told.
        case doSilently
        /// The put turns up when ``arrive()`` is called, and nobody is told.
        case delay
    }

    private struct State {
        var objects: [String: [UInt8]] = [:]
        var faults: [Fault] = []
        var delayed: [(key: String, bytes: [UInt8])] = []
        var putCount = 0
    }

    private let state = Mutex(State())

    package init() {}

    package var keys: [String] { state.withLock { $0.objects.keys.sorted() } }
    package var putCount: Int { state.withLock { $0.putCount } }
    package subscript(key: String) -> [UInt8]? {
        get { state.withLock { $0.objects[key] } }
        set { state.withLock { $0.objects[key] = newValue } }
    }

    /// What the next puts and reads meet, one each.
    package func meet(_ faults: [Fault]) { state.withLock { $0.faults = faults } }

    /// Delayed puts happen now.
    package func arrive() {
        state.withLock { state in
            for (key, bytes) in state.delayed { state.objects[key] = bytes }
            state.delayed = []
        }
    }

    package func put(_ parts: [UnsafeRawBufferPointer], as key: String) throws(ObjectError) {
        var bytes: [UInt8] = []
        for part in parts { bytes += part }
        let failure: ObjectError? = state.withLock { state in
            state.putCount += 1
            switch state.faults.isEmpty ? nil : state.faults.removeFirst() {
            case nil:
                state.objects[key] = bytes
                return nil
            case .refuse(let error): return error
            case .doSilently: state.objects[key] = bytes
            case .delay: state.delayed.append((key, bytes))
            }
            return .silent(reason: "no answer in time")
        }
        if let failure { throw failure }
    }

    package func get(
        _ key: String, range: Range<Int>?, limit: Int
    ) throws(ObjectError) -> [UInt8] {
        if case .refuse(let error)? = state.withLock({ state in
            state.faults.isEmpty ? nil : state.faults.removeFirst()
        }) {
            throw error
        }
        guard let bytes = self[key] else { throw .notFound }
        let range = range ?? 0..<bytes.count
        guard range.count <= limit else { throw .wrongAnswer(field: "length") }
        return Array(bytes[min(range.lowerBound, bytes.count)..<min(range.upperBound, bytes.count)])
    }

    package func remove(_ key: String) throws(ObjectError) { self[key] = nil }

    package func list(_ prefix: String) throws(ObjectError) -> [StoredObject] {
        state.withLock { state in
            state.objects.filter { $0.key.hasPrefix(prefix) }
                .map { StoredObject(key: $0.key, length: $0.value.count) }
                .sorted { $0.key < $1.key }
        }
    }
}
