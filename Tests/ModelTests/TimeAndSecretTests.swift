import Foundation
import Model
import Testing

struct TimestampTests {
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00Z"),
        (1_799_496_896_000_000_789, "2027-01-09T12:14:56.000000789Z"),
        (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (4_107_542_399_000_000_000, "2100-02-28T23:59:59Z"),
        (4_107_542_400_000_000_000, "2100-03-01T00:00:00Z"),
        (.max, "2262-04-11T23:47:16.854775807Z"), (.min, "1677-09-21T00:12:43.145224192Z"),
    ])
    func `a time is written as RFC 3339 has it`(nanoseconds: Int64, text: String) {
        #expect(Timestamp(nanoseconds: nanoseconds).description == text)
    }

    @Test func `days agree with the calendar of Foundation`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "UTC")!
        for day in stride(from: Int64(-40_000), to: 100_000, by: 97) {
            let date = Timestamp(nanoseconds: day * 86_400_000_000_000).date
            let parts = calendar.dateComponents(
                [.year, .month, .day],
                from: Foundation.Date(timeIntervalSince1970: Double(day) * 86_400))
            #expect([date.year, date.month, date.day] == [parts.year, parts.month, parts.day])
            #expect(CalendarDate(date.description) == date)
        }
    }

    @Test(arguments: [
        "2027-1-09", "2027-13-01", "2027-00-01", "2027-01-00", "2027-01-32", "2027-02-29",
        "1900-02-29", "2027-01-09 ", "+027-01-09", "2027/01/09", "", "--", "2027-01-0٣",
    ])
    func `what is no day is refused`(text: String) {
        #expect(CalendarDate(text) == nil)
    }

    @Test func `the clocks of the system go forward`() {
        let time = SystemTime()
        let (now, uptime) = (time.now, time.uptime)
        #expect(now.date.year >= 2025)
        #expect(time.uptime >= uptime)
    }
}

struct SecretBytesTests {
    @Test func `random bytes fill every length and do not repeat`() {
        let random = SystemRandom()
        for count in [0, 1, 255, 256, 257, 5000] { #expect(random.bytes(count).count == count) }
        #expect(random.bytes(600).suffix(300).contains { $0 != 0 })
        #expect(random.bytes32() != random.bytes32())
    }

    @Test func `secrets compare by their bytes and lend them`() {
        let one = SecretBytes(Bytes32((0..<32).map { UInt8($0) })!)
        #expect(one == SecretBytes(Bytes32((0..<32).map { UInt8($0) })!))
        for bit in 0..<256 {
            let other = SecretBytes { target in
                for index in 0..<32 { target[index] = UInt8(index) }
                target[bit / 8] ^= 1 << (bit % 8)
            }
            #expect(one != other)
        }
        #expect(one.withBytes { Hex.encode($0) }.hasPrefix("00010203"))
    }
}

struct DisplayNameTests {
    @Test(arguments: ["alice", "a", "Zoë's büro", "机器 1", "a#b:c"])
    func `a visible name is taken`(text: String) {
        #expect(DisplayName(text)?.text == text)
    }

    @Test(arguments: [
        "", " ", " a", "a ", "a  b", "a\nb", "a\tb", "a\u{0}b", "a\u{202E}b", "a\u{200B}b",
        "a\u{A0}b", "a\u{2028}b", "\u{FEFF}a", "\u{E000}",
        String(repeating: "x", count: Limits.displayNameLengthMax + 1),
    ])
    func `a name that hides or reorders is refused`(text: String) {
        #expect(DisplayName(text) == nil)
    }
}
