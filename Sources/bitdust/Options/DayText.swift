internal import Model

/// Lengths of time as a person writes them, in days: `36h`, `2d`, `10y`.
enum DayText {
    /// Days of each unit; the longest name first where one ends with another.
    private static let units: [(name: String, days: Double)] = [
        ("min", 1.0 / 1440), ("h", 1.0 / 24), ("d", 1), ("w", 7), ("y", 365),
    ]

    /// `nil` unless it is a number above zero with a unit.
    static func days(_ text: String) -> Double? {
        for (name, days) in units where text.hasSuffix(name) {
            let digits = text.dropLast(name.count)
            let isNumber = digits.utf8.allSatisfy { (48...57).contains($0) || $0 == 0x2E }
            guard isNumber, let number = Double(digits), number > 0 else { return nil }
            return number * days
        }
        return nil
    }

    /// `33%` as 0.33; `nil` unless it is above 0 % and at most 100 %.
    static func share(_ text: String) -> Double? {
        guard text.hasSuffix("%") else { return nil }
        let digits = text.dropLast()
        let isNumber = digits.utf8.allSatisfy { (48...57).contains($0) || $0 == 0x2E }
        guard isNumber, let number = Double(digits), number > 0, number <= 100 else { return nil }
        return number / 100
    }

    /// `12 hours`, `2 days`, `10 years`: two digits that mean something.
    static func text(_ days: Double) -> String {
        switch days {
        case ..<(0.99 / 24): quantity(days * 1440, "minute")
        case ..<1: quantity(days * 24, "hour")
        case ..<730: quantity(days, "day")
        default: quantity(days / 365, "year")
        }
    }

    private static func quantity(_ value: Double, _ unit: String) -> String {
        let tenths = (value * 10).rounded()
        let isWhole = value >= 10 || tenths.truncatingRemainder(dividingBy: 10) == 0
        let number =
            isWhole
            ? countText(UInt64(min(value.rounded(), 1e18)))
            : "\(Int(tenths) / 10).\(Int(tenths) % 10)"
        return number + " " + (number == "1" ? unit : unit + "s")
    }
}
