import Model
import Networking
import Settings
import Simulation
import Synchronization
import Testing

@testable import Daemon

/// Limits of what is sent and taken in, by a clock that stands until it is moved.
@Suite struct TransferRateTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func `what has moved is paid for before more may`() {
        let time = ManualTime()
        time.advance(nanoseconds: 100 * TransferRateTests.second)
        let rate = TransferRate(RateSchedule(otherwise: 1 << 20), time: time) { _ in 0 }
        #expect(rate.wait == 0)
        rate.took(4 << 20)
        // Four seconds, less the quarter that was saved up.
        #expect(rate.wait == 4 * TransferRateTests.second - Limits.rateBurstTime)
        time.advance(nanoseconds: 2 * TransferRateTests.second)
        #expect(rate.wait == 2 * TransferRateTests.second - Limits.rateBurstTime)
        #expect(rate.take(1) == rate.wait)
        time.advance(nanoseconds: 2 * TransferRateTests.second)
        #expect(rate.wait == 0)
        #expect(rate.take(1 << 20) == 0 && rate.take(1 << 20) > 0)
    }

    @Test func `an hour of it is as many bytes as the limit says`() {
        let time = ManualTime()
        time.advance(nanoseconds: TransferRateTests.second)
        let rate = TransferRate(RateSchedule(otherwise: 2_000_000), time: time) { _ in 0 }
        var moved = 0
        for _ in 0..<36_000 {
            time.advance(nanoseconds: TransferRateTests.second / 10)
            while rate.take(262_144) == 0 { moved += 262_144 }
        }
        #expect((3600 * 2_000_000 - 600_000...3600 * 2_000_000 + 600_000).contains(moved))
    }

    @Test func `no limit holds nothing back`() {
        let rate = TransferRate(.unlimited, time: ManualTime()) { _ in 0 }
        rate.took(.max / 2)
        #expect(rate.wait == 0 && rate.take(1 << 40) == 0)
    }

    @Test func `a timetable counts from the minute on that it names`() throws {
        let (time, minute) = (ManualTime(), MinuteHand())
        let schedule = try RateSchedule("22:00-06:00=unlimited", otherwise: 1 << 20)
        let rate = TransferRate(schedule, time: time) { _ in minute.value.withLock { $0 } }
        minute.value.withLock { $0 = 21 * 60 + 59 }
        rate.took(10 << 20)
        #expect(rate.wait > 9 * TransferRateTests.second)
        minute.value.withLock { $0 = 22 * 60 }
        #expect(rate.wait == 0)
        minute.value.withLock { $0 = 5 * 60 + 59 }
        #expect(rate.wait == 0)
        minute.value.withLock { $0 = 6 * 60 }
        #expect(rate.wait > 9 * TransferRateTests.second)
        rate.follow(RateSchedule(otherwise: 1 << 30))
        #expect(rate.wait == 0, "a new limit does not inherit the debt of the old one")
    }

    private final class MinuteHand: Sendable {
        let value = Mutex(0)
    }

    @Test func `the local network and this machine are free`() throws {
        func limits(_ text: String) throws -> Bool {
            TransferRates.limits(.direct(try #require(Endpoint(text))))
        }
        for text in ["127.0.0.1:1", "192.168.1.7:7771", "10.1.2.3:7771", "[fe80::1]:7771"] {
            #expect(try !limits(text), "\(text)")
        }
        #expect(try limits("203.0.113.5:7771") && limits("[2001:db8::5]:7771"))
        #expect(TransferRates.limits(.routed(by: try #require(Endpoint("192.168.1.7:7771")))))
    }

    @Test func `spans and rates are read in every way that they are written`() throws {
        let schedule = try RateSchedule(
            " 22:00-6:00 = unlimited , 12:00-13:30=1.5 MB/s,0:00-24:00=512KB", otherwise: nil)
        #expect(schedule.text == "22:00-06:00=unlimited,12:00-13:30=1536KB/s,00:00-24:00=512KB/s")
        #expect(schedule.rate(atMinute: 23 * 60) == nil)
        #expect(schedule.rate(atMinute: 12 * 60) == 3 << 19)
        #expect(schedule.rate(atMinute: 13 * 60 + 30) == 512 << 10)
        #expect(try RateSchedule(schedule.text, otherwise: nil) == schedule)
        #expect(try RateSchedule("", otherwise: 7).rate(atMinute: 0) == 7)
        for (text, rate) in [
            ("100000", 100_000), ("64kb/s", 65_536), ("2MB/s", 2 << 20), ("1 GiB/s", 1 << 30),
        ] as [(String, UInt64)] { #expect(try RateSchedule.rate(text) == rate, "\(text)") }
        for text in [
            "22:00=1MB/s", "25:00-06:00=1MB/s", "22:60-06:00=1MB/s", "22:00-22:00=1MB/s",
            "22:00-06:00", "22:00-06:00=fast", "22:00-06:00=1KB/s", "22:00-06:00=-1MB/s", "=", "-",
            "22:00-06:00=1MB/s=2", "1:2:3-4:5=1MB/s",
        ] {
            #expect(throws: RateSchedule.ParseError.self, "\(text)") {
                try RateSchedule(text, otherwise: nil)
            }
        }
        let long = Array(repeating: "01:00-02:00=1MB/s", count: 49).joined(separator: ",")
        #expect(throws: RateSchedule.ParseError.tooMany(limit: 48)) {
            try RateSchedule(long, otherwise: nil)
        }
        for text in ["", "1e9", "nan", "inf", "9999999999999999999", "0x10", "64", "99999999GB"] {
            #expect(throws: RateSchedule.ParseError.self, "\(text)") {
                try RateSchedule.rate(text)
            }
        }
    }
}
