import Model
import Testing

@testable import Pipelines

@Suite struct SharedCacheTests {
    private struct Broken: Error {}

    @Test func `what was used last is kept and the oldest goes`() throws {
        let cache = SharedCache<Int, String>(countMax: 2)
        let made = Counter()
        func value(_ key: Int) throws -> String {
            try cache.value(for: key) {
                made.add()
                return "\(key)"
            }
        }
        #expect(try value(1) == "1" && value(2) == "2" && value(1) == "1")
        #expect(made.current == 2)
        #expect(try value(3) == "3" && value(1) == "1")
        #expect(made.current == 3)
        #expect(try value(2) == "2")
        #expect(made.current == 4)
    }

    @Test func `a value that many want at once is made once`() {
        let cache = SharedCache<Int, Int>(countMax: 4)
        let made = Counter()
        let started = Counter()
        let threads = (0..<6).map { _ in
            WorkerThread {
                started.add()
                for key in 0..<4 {
                    let value = try? cache.value(for: key) {
                        made.add()
                        // Until all have come, so that they meet this entry while it is made.
                        while started.current < 6 {}
                        return key * key
                    }
                    #expect(value == key * key)
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(made.current == 4)
    }

    @Test func `what could not be made is tried again by the next`() throws {
        let cache = SharedCache<Int, Int>(countMax: 2)
        #expect(throws: Broken.self) { try cache.value(for: 1) { throw Broken() } }
        #expect(try cache.value(for: 1) { 5 } == 5)
        #expect(try cache.value(for: 1) { throw Broken() } == 5)
    }

    @Test func `who waits for a value that fails makes it itself`() throws {
        let cache = SharedCache<Int, Int>(countMax: 2)
        let isMaking = Counter()
        let mayFail = Counter()
        let value = Counter()
        let first = WorkerThread {
            _ = try? cache.value(for: 1) {
                isMaking.add()
                while mayFail.current == 0 {}
                throw Broken()
            }
        }
        while isMaking.current == 0 {}
        let second = WorkerThread {
            value.add((try? cache.value(for: 1) { 7 }) ?? 0)
        }
        mayFail.add()
        first.join()
        second.join()
        #expect(value.current == 7)
    }

    @Test func `a buffer goes back when nobody holds it`() {
        let recycler = BufferRecycler()
        var held: RecycledBuffer? = RecycledBuffer(byteCount: 5000, from: recycler)
        let address = held?.buffer.bytes.baseAddress
        #expect(held?.buffer.byteCount == 8192)
        let other = RecycledBuffer(byteCount: 8192, from: recycler)
        #expect(other.buffer.bytes.baseAddress != address)
        held = nil
        #expect(RecycledBuffer(byteCount: 8000, from: recycler).buffer.bytes.baseAddress == address)
    }
}
