import Model
import Testing

@testable import Networking

@Suite struct PaceTests {
    private let second: UInt64 = 1_000_000_000
    private let limits = ConnectionLimits()

    @Test func `a head has ten seconds`() {
        var pace = ConnectionPace(limits: limits, at: 5 * second)
        pace.received(1, at: 14 * second)
        #expect(!isTooSlow(&pace, at: 15 * second - 1))
        #expect(isTooSlow(&pace, at: 15 * second))
    }

    @Test func `a body must keep its rate in every window`() {
        var pace = ConnectionPace(limits: limits, at: 0)
        pace.beginBody(at: 0)
        for window in 1...10 as ClosedRange<UInt64> {
            pace.received(30 << 10, at: window * 30 * second - 1)
            #expect(!isTooSlow(&pace, at: window * 30 * second))
        }
        pace.received((30 << 10) - 1, at: 329 * second)
        #expect(!isTooSlow(&pace, at: 330 * second - 1))
        #expect(isTooSlow(&pace, at: 330 * second))
    }

    @Test func `an idle connection has five minutes, and a new head ten seconds again`() {
        var pace = ConnectionPace(limits: limits, at: 0)
        pace.enter(.idle(since: 100 * second))
        #expect(!isTooSlow(&pace, at: 400 * second - 1))
        #expect(isTooSlow(&pace, at: 400 * second))
        pace.received(1, at: 300 * second)
        #expect(pace.state == .head(since: 300 * second))
        #expect(isTooSlow(&pace, at: 310 * second))
    }

    @Test func `while we work the peer is not slow, but the total still counts`() {
        var pace = ConnectionPace(limits: limits, at: 0)
        pace.enter(.ours)
        #expect(!isTooSlow(&pace, at: .max / 2))
        var bounded = limits
        bounded.totalDeadline = .seconds(60)
        var short = ConnectionPace(limits: bounded, at: 0)
        short.enter(.ours)
        #expect(!isTooSlow(&short, at: 60 * second - 1))
        #expect(isTooSlow(&short, at: 60 * second))
        short.beginBody(at: 0)
        short.received(1 << 30, at: 0)
        #expect(isTooSlow(&short, at: 60 * second))
    }

    @Test func `an answer has thirty seconds and one for each KiB`() {
        #expect(limits.writeTime(0) == .seconds(30))
        #expect(limits.writeTime(60 << 10) == .seconds(90))
    }

    @Test func `durations out of range do not trap`() {
        #expect(Duration.seconds(-1).nanoseconds == 0)
        #expect(Duration.seconds(Int64.max).nanoseconds == UInt64.max / 4)
        #expect(Duration.milliseconds(1500).nanoseconds == 1_500_000_000)
    }

    private func isTooSlow(_ pace: inout ConnectionPace, at uptime: UInt64) -> Bool {
        pace.isTooSlow(at: uptime)
    }
}
