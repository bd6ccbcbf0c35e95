import Testing

@testable import Model

@Suite struct PagePoolTests {
    @Test func `a buffer that nobody holds is used again, one in use is not`() {
        let pool = PagePool(byteCountMax: 1 << 20)
        var first: PageBuffer? = pool.take(byteCount: 8192)
        let place = first!.pointer
        let second = pool.take(byteCount: 8192)
        #expect(second.pointer != place)
        first = nil
        let third = pool.take(byteCount: 8192)
        #expect(third.pointer == place)
        #expect(pool.byteCount == 2 * 8192)
        withExtendedLifetime(second) {}
    }

    @Test func `a much larger buffer is not taken for a small one`() {
        let pool = PagePool(byteCountMax: 1 << 20)
        _ = pool.take(byteCount: 256 << 10)
        #expect(pool.take(byteCount: 8192).byteCount == 8192)
        #expect(pool.take(byteCount: 128 << 10).byteCount == 256 << 10)
    }

    @Test func `no more is kept than was said, whatever is in use`() {
        let pool = PagePool(byteCountMax: 64 << 10)
        var held = (0..<8).map { _ in pool.take(byteCount: 16 << 10) }
        #expect(pool.byteCount == 64 << 10)
        held = []
        // Room is made by dropping what is free.
        let large = pool.take(byteCount: 48 << 10)
        #expect(large.byteCount == 48 << 10)
        #expect(pool.byteCount == 64 << 10)
        _ = pool.take(byteCount: 128 << 10)
        #expect(pool.byteCount <= 64 << 10)
        withExtendedLifetime(held) {}
    }

    @Test func `buffers dropped on other threads come back`() {
        let pool = PagePool(byteCountMax: 4 << 20)
        let threads = (0..<4).map { number in
            WorkerThread {
                for round in 0..<200 {
                    let buffer = pool.take(byteCount: 64 << 10)
                    let value = UInt8(truncatingIfNeeded: 50 * number + round)
                    buffer.bytes.initializeMemory(as: UInt8.self, repeating: value)
                    #expect(buffer.bytes.allSatisfy { $0 == value }, "nobody else writes into it")
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(pool.byteCount <= 4 * 64 << 10)
    }
}
