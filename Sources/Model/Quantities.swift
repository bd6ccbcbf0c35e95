/// `5 307`: thousands apart, as the eye counts them.
package func countText(_ count: UInt64) -> String {
    let digits = Array(String(count))
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0 && (digits.count - index) % 3 == 0 { text.append(" ") }
        text.append(digit)
    }
    return text
}

package func countText(_ count: Int) -> String {
    count < 0 ? "-" + countText(count.magnitude) : countText(UInt64(count))
}

package func countText(_ count: UInt) -> String { countText(UInt64(count)) }

/// `1 file`, `5 307 files`.
package func countText(_ count: UInt64, _ singular: String, _ plural: String? = nil) -> String {
    countText(count) + " " + (count == 1 ? singular : plural ?? singular + "s")
}

package func countText(_ count: Int, _ singular: String, _ plural: String? = nil) -> String {
    countText(count) + " " + (count == 1 ? singular : plural ?? singular + "s")
}

/// `512 B`, `1.72 GiB`: three digits that mean something, in powers of 1024.
package func sizeText(_ byteCount: UInt64) -> String {
    guard byteCount >= 1024 else { return "\(byteCount) B" }
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var value = Double(byteCount) / 1024
    var unit = 0
    // 999.5 would print as 1000.
    while value >= 999.5 && unit < units.count - 1 {
        value /= 1024
        unit += 1
    }
    return "\(threeDigits(value)) \(units[unit])"
}

/// `count` in at least `width` digits.
package func padded(_ count: UInt64, _ width: Int) -> String {
    let text = String(count)
    return String(repeating: "0", count: max(0, width - text.count)) + text
}

private func threeDigits(_ value: Double) -> String {
    let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
    let scale: Double = decimals == 2 ? 100 : decimals == 1 ? 10 : 1
    let scaled = UInt64((value * scale).rounded())
    guard decimals > 0 else { return String(scaled) }
    let divisor = UInt64(scale)
    return "\(scaled / divisor).\(padded(scaled % divisor, decimals))"
}
