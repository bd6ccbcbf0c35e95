internal import Synchronization

/// A number that several threads count up.
final class Counter: Sendable {
    private let value = Mutex<Int>(0)

    var current: Int { value.withLock { $0 } }

    @discardableResult
    func add(_ amount: Int = 1) -> Int {
        value.withLock {
            $0 += amount
            return $0
        }
    }

    /// Counts one up unless that would pass `limit`.
    func incrementIfBelow(_ limit: Int) -> Bool {
        value.withLock {
            guard $0 < limit else { return false }
            $0 += 1
            return true
        }
    }
}
