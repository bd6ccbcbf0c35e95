import Model
import Synchronization
import Testing

@testable import Networking

@Suite struct NameTests {
    @Test func `this machine's own name is found, with addresses of this machine`() async throws {
        let resolver = SystemNameResolver(time: SystemTime())
        let found = try await resolver.addresses(of: "localhost")
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { $0.isLoopback })
        #expect(try await resolver.addresses(of: "LOCALHOST") == found)
        #expect(try await resolver.addresses(of: "10.1.2.3") == [.v4(0x0a01_0203)])
        #expect(try await resolver.addresses(of: "::1") == [.v6(0, 1)])
    }

    @Test func `what is no name is not asked for`() async throws {
        let resolver = SystemNameResolver(time: SystemTime())
        for name in ["", "a b", "127.1", "0x7f000001", "a..b", "-a.com", "a/b", "1.2.3.4.5"] {
            await #expect(throws: NameError.notFound(name)) {
                _ = try await resolver.addresses(of: name)
            }
        }
    }

    @Test func `answers are kept for their time and no longer`() {
        var cache = NameCache()
        let second: UInt64 = 1_000_000_000
        cache.keep(.success([loopback.address]), for: "a", at: 100 * second)
        cache.keep(.failure(.noAnswer("b")), for: "b", at: 100 * second)
        #expect(cache.answer(for: "a", at: 160 * second - 1) == .success([loopback.address]))
        #expect(cache.answer(for: "a", at: 160 * second) == nil)
        #expect(cache.answer(for: "b", at: 105 * second - 1) == .failure(.noAnswer("b")))
        #expect(cache.answer(for: "b", at: 105 * second) == nil)
        #expect(cache.answer(for: "c", at: 100 * second) == nil)
    }

    @Test func `a flood of names does not fill the memory`() {
        var cache = NameCache()
        for index in 0..<(3 * Limits.nameCacheCountMax) {
            cache.keep(.success([loopback.address]), for: "n\(index)", at: 0)
        }
        let kept = (0..<(3 * Limits.nameCacheCountMax)).count {
            cache.answer(for: "n\($0)", at: 0) != nil
        }
        #expect((1...Limits.nameCacheCountMax).contains(kept))
    }
}
