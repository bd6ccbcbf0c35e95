internal import Glibc
internal import Model

/// Chances as people read them.
enum Chance {
    /// `12 %`, `0.34 %`, `2.9e-10`: two digits.
    static func text(_ chance: Double) -> String {
        if chance <= 0 { return "0" }
        return chance >= 0.001 ? percent(chance) : scientific(chance)
    }

    /// Two digits, and never 100 % for less.
    static func percent(_ share: Double) -> String {
        let value = share * 100
        guard value.isFinite, value < 1e6 else { return "-" }
        if value >= 99.5 && share < 1 { return "over 99 %" }
        if value >= 9.95 || value == value.rounded() { return "\(Int(value.rounded())) %" }
        let scale: Double = value >= 0.995 ? 10 : 100
        let digits = Int((value * scale).rounded())
        let fraction = String(digits % Int(scale))
        let zeros = String(repeating: "0", count: (scale == 10 ? 1 : 2) - fraction.count)
        return "\(digits / Int(scale)).\(zeros)\(fraction) %"
    }

    /// `2.9e-10`.
    static func scientific(_ value: Double) -> String {
        guard value > 0, value.isFinite else { return "0" }
        var exponent = Int(floor(log10(value)))
        var tenths = Int((value / pow(10, Double(exponent)) * 10).rounded())
        if tenths == 100 { (tenths, exponent) = (10, exponent + 1) }
        return "\(tenths / 10).\(tenths % 10)e\(exponent)"
    }

    /// `2.5x`.
    static func factor(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)x"
    }

    /// `4`, `1 200`, `31 million`: for a number of times or years.
    static func count(_ value: Double) -> String {
        if value < 9.95 {
            let tenths = Int((value * 10).rounded())
            return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
        }
        let names = [(1e15, ""), (1e9, " billion"), (1e6, " million")]
        for (unit, name) in names where value >= unit {
            guard !name.isEmpty else { return scientific(value) }
            return count(value / unit) + name
        }
        let digits = pow(10, max(0, floor(log10(value)) - 1))
        return countText(Int((value / digits).rounded() * digits))
    }

    /// How often something of this chance a year happens.
    static func years(_ chance: Double) -> String {
        guard chance > 0 else { return "never" }
        if chance >= 0.5 { return "within a year with a chance of \(text(chance))" }
        return "once in \(count(1 / chance)) years (\(text(chance)) a year)"
    }
}
