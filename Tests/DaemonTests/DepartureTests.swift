import Foundation
import Model
import Simulation
import Synchronization
import Testing

@testable import Daemon

/// When a supplier that leaves ends.
@Suite struct DepartureTests {
    private final class Wish: Sendable {
        let days = Mutex<Int?>(nil)
    }

    @Test func `the term runs from the first moment, over restarts, until it is taken back`() throws
    {
        let scratch = try HomeScratch()
        try FileManager.default.createDirectory(
            atPath: scratch.home.path, withIntermediateDirectories: true)
        let (time, wish) = (ManualTime(), Wish())
        time.jump(days: 20_000)
        func departure() -> Departure {
            Departure(directory: scratch.home.path, time: time) { wish.days.withLock { $0 } }
        }
        let first = departure()
        #expect(first.end == nil)
        wish.days.withLock { $0 = 30 }
        let end: Int64 = (20_000 + 30) * 86_400
        #expect(first.end == end)
        time.jump(days: 10)
        #expect(first.end == end)
        #expect(departure().end == end, "a restart")
        wish.days.withLock { $0 = 40 }
        #expect(departure().end == end + 10 * 86_400, "more days, the same beginning")
        wish.days.withLock { $0 = nil }
        #expect(departure().end == nil)
        wish.days.withLock { $0 = 30 }
        #expect(departure().end == end + 10 * 86_400, "it begins anew")
    }

    @Test func `a damaged note of the beginning begins anew`() throws {
        let scratch = try HomeScratch()
        try FileManager.default.createDirectory(
            atPath: scratch.home.path, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(filePath: "\(scratch.home.path)/leaving"))
        let time = ManualTime()
        time.jump(days: 5)
        let departure = Departure(directory: scratch.home.path, time: time) { 1 }
        let end: Int64 = 6 * 86_400
        #expect(departure.end == end)
    }
}
