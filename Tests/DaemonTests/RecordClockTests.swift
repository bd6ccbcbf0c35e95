import Model
import Testing

@testable import Daemon

/// Records of the DHT that machines with wrong clocks write.
@Suite struct RecordClockTests {
    private static let day: Int64 = 86_400_000_000_000
    static let offsets: [Int64] = [-365, -1, 1, 365]

    @Test(arguments: offsets)
    func `a value that a wrong clock wrote is replaced by the next one`(_ days: Int64) throws {
        let now = Timestamp(nanoseconds: 1_800_000_000_000_000_000)
        let wrong = Timestamp(nanoseconds: now.nanoseconds + days * RecordClockTests.day)
        let first = OpenValue.sequence(after: nil, at: wrong)
        let second = OpenValue.sequence(after: first, at: now)
        let third = OpenValue.sequence(after: second, at: wrong)
        #expect(first < second && second < third)
    }

    @Test func `no clock and no former sequence is out of bounds`() {
        #expect(OpenValue.sequence(after: .max, at: Timestamp(nanoseconds: .max)) == .max)
        #expect(OpenValue.sequence(after: nil, at: Timestamp(nanoseconds: .min)) == 0)
        #expect(OpenValue.sequence(after: 5, at: Timestamp(nanoseconds: -1)) == 6)
    }
}
