/// How many bytes may move each second, by the time of day.
///
/// ```
/// 22:00-06:00=unlimited,12:00-13:00=500KB/s
/// ```
///
/// The first span that holds a time counts, outside of all of them what holds otherwise. A span may
/// go over midnight. KB, MB and GB are 2^10, 2^20 and 2^30 bytes, as of disk space.
package struct RateSchedule: Hashable, Sendable {
    /// From `start` to before `end`, minutes after midnight.
    package struct Span: Hashable, Sendable {
        package let start: Int
        package let end: Int
        /// Bytes each second; `nil` for no limit.
        package let rate: UInt64?

        /// A span to 24:00 ends at 1440.
        func holds(_ minute: Int) -> Bool {
            start < end ? start <= minute && minute < end : start <= minute || minute < end
        }
    }

    package enum ParseError: Error, Hashable, Sendable {
        case notASpan(String)
        case notARate(String)
        case tooMany(limit: Int)
    }

    package let spans: [Span]
    /// Bytes each second outside of the spans; `nil` for no limit.
    package let otherwise: UInt64?

    package init(spans: [Span] = [], otherwise: UInt64?) {
        self.spans = spans
        self.otherwise = otherwise
    }

    /// Without a limit.
    package static let unlimited = RateSchedule(otherwise: nil)

    /// - Parameter text: spans with commas between them; blanks around them are passed over.
    package init(_ text: some StringProtocol, otherwise: UInt64?) throws(ParseError) {
        let words = text.split(separator: ",").map { RateSchedule.trimmed($0) }
            .filter { !$0.isEmpty }
        guard words.count <= Limits.timetableSpanCountMax else {
            throw .tooMany(limit: Limits.timetableSpanCountMax)
        }
        var spans: [Span] = []
        for word in words { spans.append(try RateSchedule.span(word)) }
        self.init(spans: spans, otherwise: otherwise)
    }

    /// - Parameter minute: of the day, by the clock on the wall.
    package func rate(atMinute minute: Int) -> UInt64? {
        for span in spans where span.holds(minute) { return span.rate }
        return otherwise
    }

    /// The spans in their one form, which ``init(_:otherwise:)`` reads again.
    package var text: String {
        spans.map { span in
            "\(RateSchedule.clock(span.start))-\(RateSchedule.clock(span.end))="
                + RateSchedule.text(of: span.rate)
        }.joined(separator: ",")
    }

    // MARK: Rates

    /// Reads `unlimited`, `500 KB/s`, `2MB/s`, `1.5MB` or a number of bytes each second.
    package static func rate(_ text: some StringProtocol) throws(ParseError) -> UInt64? {
        var word = trimmed(text).lowercased()
        if word == "unlimited" { return nil }
        if word.hasSuffix("/s") { word.removeLast(2) }
        let units: [(suffix: String, shift: UInt64)] = [
            ("kib", 10), ("mib", 20), ("gib", 30), ("kb", 10), ("mb", 20), ("gb", 30), ("k", 10),
            ("m", 20), ("g", 30), ("b", 0),
        ]
        let unit = units.first { word.hasSuffix($0.suffix) }
        if let unit { word.removeLast(unit.suffix.count) }
        let digits = trimmed(word)
        guard digits.utf8.count <= 18,
            digits.utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: ".") }),
            let number = Double(digits)
        else { throw .notARate(String(text)) }
        let rate = number * Double(UInt64(1) << (unit?.shift ?? 0))
        guard rate >= Double(Limits.byteRateMin), rate <= Double(Limits.byteRateMax) else {
            throw .notARate(String(text))
        }
        return UInt64(rate)
    }

    /// `500 KB/s`: in the largest unit of which it is a whole number.
    package static func text(of rate: UInt64?) -> String {
        guard let rate else { return "unlimited" }
        let place = min(3, rate == 0 ? 0 : rate.trailingZeroBitCount / 10)
        return "\(rate >> UInt64(10 * place))\(["B", "KB", "MB", "GB"][place])/s"
    }

    // MARK: Spans

    private static func span(_ word: String) throws(ParseError) -> Span {
        let halves = word.split(separator: "=", omittingEmptySubsequences: false)
        guard halves.count == 2 else { throw .notASpan(word) }
        let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let start = minute(ends[0]), let end = minute(ends[1]), start != end,
            start < 24 * 60
        else { throw .notASpan(word) }
        return Span(start: start, end: end, rate: try rate(halves[1]))
    }

    /// `06:30`; 24:00 is the end of a day.
    private static func minute(_ text: Substring) -> Int? {
        let parts = trimmed(text).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.utf8.count) }),
            let hour = UInt8(parts[0]), let minute = UInt8(parts[1]), minute < 60,
            hour < 24 || hour == 24 && minute == 0
        else { return nil }
        return Int(hour) * 60 + Int(minute)
    }

    private static func clock(_ minute: Int) -> String {
        let two = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var rest = text[...]
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
