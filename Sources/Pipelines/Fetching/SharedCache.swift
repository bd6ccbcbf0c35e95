internal import Glibc

/// Keeps the values that were used last; a value that several threads want is made once.
///
/// Thread rules: any thread may call. `make` runs outside of the lock, and the others that want the
/// same key wait for it.
// @unchecked: every access to the entries is under `mutex`.
final class SharedCache<Key: Hashable & Sendable, Value: Sendable>: @unchecked Sendable {
    private enum Entry {
        case making
        case made(Value, used: UInt64)
    }

    private let countMax: Int
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var entries: [Key: Entry] = [:]
    private var clock: UInt64 = 0

    init(countMax: Int) {
        self.countMax = countMax
        self.mutex = .allocate(capacity: 1)
        self.changed = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(changed)
        mutex.deallocate()
        changed.deallocate()
    }

    /// The value of `key`, made by `make` when it is not there.
    func value(for key: Key, make: () throws -> Value) throws -> Value {
        if let value = waitFor(key) { return value }
        do {
            let value = try make()
            store(value, for: key)
            return value
        } catch {
            pthread_mutex_lock(mutex)
            entries[key] = nil
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(mutex)
            throw error
        }
    }

    /// The value, or `nil` after noting that the caller makes it.
    private func waitFor(_ key: Key) -> Value? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            switch entries[key] {
            case .made(let value, _):
                clock += 1
                entries[key] = .made(value, used: clock)
                return value
            case .making:
                pthread_cond_wait(changed, mutex)
            case nil:
                entries[key] = .making
                return nil
            }
        }
    }

    private func store(_ value: Value, for key: Key) {
        pthread_mutex_lock(mutex)
        clock += 1
        entries[key] = .made(value, used: clock)
        let evicted = evictOldest()
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
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
