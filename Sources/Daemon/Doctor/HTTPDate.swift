internal import Model

/// The `Date` of an HTTP answer: `Sat, 21 Nov 2026 15:45:34 GMT`.
///
/// - SeeAlso: RFC 9110, 5.6.7.
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Seconds since 1970; `nil` for anything but that form.
    static func seconds(_ text: String) -> Int64? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 6, words[5] == "GMT", words[1].utf8.count == 2,
            let month = months.firstIndex(where: { $0 == words[2] }),
            let date = CalendarDate("\(words[3])-\(month < 9 ? "0" : "")\(month + 1)-\(words[1])")
        else { return nil }
        let clock = words[4].split(separator: ":", omittingEmptySubsequences: false)
        let numbers = clock.compactMap { $0.utf8.count == 2 ? Int64($0) : nil }
        guard numbers.count == 3, numbers[0] < 24, numbers[1] < 60, numbers[2] < 61 else {
            return nil
        }
        return days(date) * 86_400 + numbers[0] * 3600 + numbers[1] * 60 + numbers[2]
    }

    /// Days since 1970, by counting whole years and months.
    private static func days(_ date: CalendarDate) -> Int64 {
        let lengths = [31, isLeap(date.year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let before = date.year - 1
        let since = before * 365 + before / 4 - before / 100 + before / 400
        let months = lengths.prefix(date.month - 1).reduce(0, +)
        return Int64(since + months + date.day - 1 - 719_162)
    }

    private static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }
}
