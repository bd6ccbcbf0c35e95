/// What the time is. Comes in through `init`: tests turn the clock by hand.
package protocol TimeSource: Sendable {
    /// The wall clock: a label for people, never a reason to expire or delete anything.
    var now: Timestamp { get }
    /// Nanoseconds since some fixed moment, for intervals; never goes back.
    var uptime: UInt64 { get }
    /// Which run of the machine ``uptime`` is of: it begins anew in each.
    var boot: UInt64 { get }
}

extension TimeSource {
    /// One run for as long as the source is used.
    package var boot: UInt64 { 1 }
}

/// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds left out, as the wall clock says.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The day in UTC.
    package var date: CalendarDate {
        CalendarDate(daysSince1970: Timestamp.split(nanoseconds, by: 86_400_000_000_000).quotient)
    }

    /// RFC 3339 in UTC to the second, or to the nanosecond when there is a part of one:
    /// `2027-01-09T12:34:56Z`, `2027-01-09T12:34:56.000000789Z`.
    package var description: String {
        let (days, rest) = Timestamp.split(nanoseconds, by: 86_400_000_000_000)
        let (seconds, fraction) = Timestamp.split(rest, by: 1_000_000_000)
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60]
        let time = clock.map { Decimal.padded($0, to: 2) }.joined(separator: ":")
        let tail = fraction == 0 ? "" : "." + Decimal.padded(fraction, to: 9)
        return "\(CalendarDate(daysSince1970: days))T\(time)\(tail)Z"
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Division that rounds down, so that times before 1970 come out right.
    private static func split(_ value: Int64, by unit: Int64) -> (quotient: Int64, rest: Int64) {
        let (quotient, rest) = value.quotientAndRemainder(dividingBy: unit)
        return rest < 0 ? (quotient - 1, rest + unit) : (quotient, rest)
    }
}

/// A day of the Gregorian calendar, written `2027-01-09`.
package struct CalendarDate: Hashable, Sendable, CustomStringConvertible {
    package let year: Int
    package let month: Int
    package let day: Int

    /// Reads `2027-01-09`: years 0000 to 9999, days that exist. `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2],
            text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (48...57).contains($0) }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]),
            (1...12).contains(month), (1...CalendarDate.dayCount(month, year)).contains(day)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// - SeeAlso: Hinnant, “chrono-Compatible Low-Level Date Algorithms”, 2013: years start in
    ///   March, so that the leap day is the last, and come in eras of 400.
    package init(daysSince1970: Int64) {
        let shifted = daysSince1970 + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * marchMonth + 2) / 5 + 1)
        month = Int(marchMonth < 10 ? marchMonth + 3 : marchMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    package var description: String {
        [Decimal.padded(year, to: 4), Decimal.padded(month, to: 2), Decimal.padded(day, to: 2)]
            .joined(separator: "-")
    }

    private static func dayCount(_ month: Int, _ year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }
}

private enum Decimal {
    static func padded(_ value: some BinaryInteger, to width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
