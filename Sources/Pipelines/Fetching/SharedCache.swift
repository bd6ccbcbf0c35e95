/// Keeps the values that were used last; a value that several threads want is made once.
///
/// Thread rules: any thread may call. `make` runs outside of the lock, and the others that want the
/// same key wait for it.
// @unchecked: every access to the entries is under `monitor`.
final class SharedCache<Key: Hashable & Sendable, Value: Sendable>: @unchecked Sendable {
    private enum Entry {
        case making
        case made(Value, used: UInt64)
    }

    private let countMax: Int
    private let monitor = Monitor()
    private var entries: [Key: Entry] = [:]
    private var clock: UInt64 = 0

    init(countMax: Int) {
        self.countMax = countMax
    }

    /// The value of `key`, made by `make` when it is not there.
    func value(for key: Key, make: () throws -> Value) throws -> Value {
        if let value = waitFor(key) { return value }
        do {
            let value = try make()
            store(value, for: key)
            return value
        } catch {
            monitor.lock()
            entries[key] = nil
            monitor.wakeAll()
            monitor.unlock()
            throw error
        }
    }

    /// The value, or `nil` after noting that the caller makes it.
    private func waitFor(_ key: Key) -> Value? {
        monitor.lock()
        defer { monitor.unlock() }
        while true {
            switch entries[key] {
            case .made(let value, _):
                clock += 1
                entries[key] = .made(value, used: clock)
                return value
            case .making:
                monitor.wait()
            case nil:
                entries[key] = .making
                return nil
            }
        }
    }

    private func store(_ value: Value, for key: Key) {
        monitor.lock()
        clock += 1
        entries[key] = .made(value, used: clock)
        let evicted = evictOldest()
        monitor.wakeAll()
        monitor.unlock()
        // Released outside of the lock: giving a buffer back may take another one.
        withExtendedLifetime(evicted) {}
    }

    private func evictOldest() -> Value? {
        guard entries.count > countMax else { return nil }
        var oldest: (key: Key, value: Value, used: UInt64)?
        for (key, entry) in entries {
            guard case .made(let value, let used) = entry else { continue }
            if used < oldest?.used ?? .max { oldest = (key, value, used) }
        }
        guard let oldest else { return nil }
        entries[oldest.key] = nil
        return oldest.value
    }
}
