internal import Glibc

/// Joins two stages: when it is full its producer waits, when it is empty its consumer does.
///
/// Thread rules: any thread may call anything. `close` lets what is queued be taken; `abort` drops
/// it and wakes everybody.
// @unchecked: every access to `elements` and the flags is under `mutex`.
package final class BoundedQueue<Element>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let notEmpty: UnsafeMutablePointer<pthread_cond_t>
    private let notFull: UnsafeMutablePointer<pthread_cond_t>
    private let countMax: Int
    private var elements: [Element?]
    private var first = 0
    private var count = 0
    private var isClosed = false

    package init(countMax: Int) {
        precondition(countMax > 0)
        self.countMax = countMax
        self.elements = Array(repeating: nil, count: countMax)
        self.mutex = .allocate(capacity: 1)
        self.notEmpty = .allocate(capacity: 1)
        self.notFull = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(notEmpty, nil)
        pthread_cond_init(notFull, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(notEmpty)
        pthread_cond_destroy(notFull)
        mutex.deallocate()
        notEmpty.deallocate()
        notFull.deallocate()
    }

    /// Waits for room.
    ///
    /// - Returns: false when the queue was closed and the element was not taken.
    @discardableResult
    package func put(_ element: Element) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while count == countMax && !isClosed { pthread_cond_wait(notFull, mutex) }
        guard !isClosed else { return false }
        elements[(first + count) % countMax] = element
        count += 1
        pthread_cond_signal(notEmpty)
        return true
    }

    /// Waits for an element; `nil` when the queue is closed and empty.
    package func take() -> Element? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard waitForElement() else { return nil }
        return removeFirst()
    }

    /// Waits for one element and takes those behind it for as long as `continues` says so.
    ///
    /// - Returns: empty when the queue is closed and empty.
    package func takeSome(
        max: Int, while continues: (_ taken: [Element], _ next: Element) -> Bool
    ) -> [Element] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard waitForElement() else { return [] }
        var taken = [removeFirst()]
        while count > 0, taken.count < max, let next = elements[first], continues(taken, next) {
            taken.append(removeFirst())
        }
        return taken
    }

    /// No more elements come.
    package func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(notEmpty)
        pthread_cond_broadcast(notFull)
        pthread_mutex_unlock(mutex)
    }

    /// Closes and drops what is queued.
    package func abort() {
        pthread_mutex_lock(mutex)
        isClosed = true
        elements = Array(repeating: nil, count: countMax)
        count = 0
        pthread_cond_broadcast(notEmpty)
        pthread_cond_broadcast(notFull)
        pthread_mutex_unlock(mutex)
    }

    private func waitForElement() -> Bool {
        while count == 0 && !isClosed { pthread_cond_wait(notEmpty, mutex) }
        return count > 0
    }

    private func removeFirst() -> Element {
        guard let element = elements[first] else { preconditionFailure("count says there is one") }
        elements[first] = nil
        first = (first + 1) % countMax
        count -= 1
        pthread_cond_signal(notFull)
        return element
    }
}

extension BoundedQueue {
    /// Takes an element if there is one now.
    package func takeIfAny() -> Element? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return count > 0 ? removeFirst() : nil
    }
}
