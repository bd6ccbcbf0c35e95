import Model
import Simulation
import Synchronization
import Testing

@testable import Pipelines

@Suite struct BoundedQueueTests {
    @Test func `elements come out in order and closing lets the rest be taken`() {
        let queue = BoundedQueue<Int>(countMax: 3)
        #expect(queue.put(1) && queue.put(2))
        #expect(queue.take() == 1)
        #expect(queue.put(3) && queue.put(4))
        queue.close()
        #expect(!queue.put(5))
        #expect([queue.take(), queue.take(), queue.take(), queue.take()] == [2, 3, 4, nil])
        #expect(queue.takeIfAny() == nil)
    }

    @Test func `aborting drops what is queued`() {
        let queue = BoundedQueue<Int>(countMax: 3)
        queue.put(1)
        queue.abort()
        #expect(queue.take() == nil && !queue.put(2))
        #expect(queue.takeSome(max: 4) { _, _ in true } == [])
    }

    @Test func `taking some stops at the maximum and where it is told to`() {
        let queue = BoundedQueue<Int>(countMax: 8)
        for number in 1...8 { queue.put(number) }
        #expect(queue.takeSome(max: 3) { _, _ in true } == [1, 2, 3])
        #expect(queue.takeSome(max: 9) { _, next in next < 6 } == [4, 5])
        #expect(queue.takeSome(max: 9) { taken, _ in taken.count < 2 } == [6, 7])
    }

    @Test func `a full queue holds its producers and nothing is lost or doubled`() {
        let queue = BoundedQueue<Int>(countMax: 4)
        let inside = Counter()
        let most = Counter()
        let producers = (0..<3).map { producer in
            WorkerThread {
                for number in 0..<2000 {
                    queue.put(producer * 2000 + number)
                    let count = inside.add()
                    while most.current < count { most.add() }
                }
            }
        }
        let taken = Mutex<[Int]>([])
        let consumers = (0..<2).map { _ in
            WorkerThread {
                while true {
                    let some = queue.takeSome(max: 3) { _, _ in true }
                    if some.isEmpty { return }
                    inside.add(-some.count)
                    taken.withLock { $0 += some }
                }
            }
        }
        for producer in producers { producer.join() }
        queue.close()
        for consumer in consumers { consumer.join() }
        let numbers = taken.withLock { $0 }
        #expect(numbers.sorted() == Array(0..<6000))
        // The count is taken outside of the queue's lock: each thread may be one step behind.
        #expect(most.current <= 4 + 3 + 2 * 3)
    }

    @Test func `a pool hands out no more buffers than it may and takes them back`() {
        let pool = BufferPool(countMax: 2, byteCount: 4096)
        let (first, second) = (pool.take(), pool.take())
        #expect(first != nil && second != nil && first?.byteCount == 4096)
        let waiter = Mutex(false)
        let thread = WorkerThread {
            let third = pool.take()
            waiter.withLock { $0 = third != nil }
        }
        pool.giveBack(first!)
        thread.join()
        #expect(waiter.withLock { $0 })
        pool.abort()
        #expect(pool.take() == nil)
    }

    @Test func `the first error is kept and stops everything once`() {
        struct First: Error {}
        let outcome = Outcome()
        let stops = Counter()
        outcome.onFailure { stops.add() }
        outcome.run {}
        #expect(!outcome.hasFailed)
        outcome.run { throw First() }
        outcome.run { throw CancelledError() }
        #expect(stops.current == 1)
        #expect(throws: First.self) { try outcome.check() }
    }
}
