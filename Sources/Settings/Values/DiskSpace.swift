internal import Model

/// A number of bytes as people write it: `50 GB`. Units are powers of 1024.
package struct DiskSpace: Hashable, Comparable, Sendable {
    package let byteCount: UInt64

    package enum ParseError: Error, Equatable, Sendable {
        case notANumber
        case unknownUnit(String)
        /// `0.1 GB` is no whole number of bytes.
        case notWhole
        /// More than `Limits.diskSpaceMax`.
        case tooLarge
    }

    package init(byteCount: UInt64) { self.byteCount = byteCount }

    package static func megabytes(_ count: UInt64) -> DiskSpace {
        DiskSpace(byteCount: count << 20)
    }

    package static func gigabytes(_ count: UInt64) -> DiskSpace {
        DiskSpace(byteCount: count << 30)
    }

    /// Reads a number, blanks or none, and a unit in any case: `b`, `byte`, `bytes`, `K`, `KB`,
    /// `KiB`, and so with `M`, `G`, `T` and `P`; without a unit bytes. Six decimals at most.
    package init(_ text: some StringProtocol) throws(ParseError) {
        let trimmed = text.drop { $0 == " " }
        let digits = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = trimmed.dropFirst(digits.count).split(separator: " ")
        guard unit.count <= 1 else { throw .unknownUnit(unit.joined(separator: " ")) }
        guard let shift = DiskSpace.shift(unit.first.map { String($0) } ?? "") else {
            throw .unknownUnit(String(unit[0]))
        }
        self.byteCount = try DiskSpace.product(digits, shift: shift)
    }

    private static func shift(_ unit: String) -> UInt64? {
        let lower = unit.lowercased()
        if ["", "b", "byte", "bytes"].contains(lower) { return 0 }
        guard let first = lower.first, ["", "b", "ib"].contains(lower.dropFirst()),
            let place = Array("kmgtp").firstIndex(of: first)
        else { return nil }
        return 10 * UInt64(place + 1)
    }

    /// `digits` times 2^`shift`, exactly.
    private static func product(
        _ digits: some StringProtocol, shift: UInt64
    ) throws(ParseError) -> UInt64 {
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, !parts[0].isEmpty, parts.last?.isEmpty == false,
            parts.count == 1 || parts[1].utf8.count <= 6
        else { throw .notANumber }
        guard let whole = UInt64(parts[0]) else { throw .tooLarge }
        let decimals = parts.count == 2 ? parts[1] : ""
        let scale = decimals.utf8.reduce(UInt64(1)) { scale, _ in scale * 10 }
        // Twice as wide: six decimals of a petabyte do not fit 64 bits.
        let fraction = (UInt64(decimals) ?? 0).multipliedFullWidth(by: 1 << shift)
        let part = scale.dividingFullWidth(fraction)
        guard part.remainder == 0 else { throw .notWhole }
        let (product, isTooLarge) = whole.multipliedReportingOverflow(by: 1 << shift)
        let (sum, overflows) = product.addingReportingOverflow(part.quotient)
        guard !isTooLarge, !overflows, sum <= Limits.diskSpaceMax else { throw .tooLarge }
        return sum
    }

    package static func < (left: DiskSpace, right: DiskSpace) -> Bool {
        left.byteCount < right.byteCount
    }
}

extension DiskSpace: CustomStringConvertible {
    /// `50 GB`: in the largest unit of which it is a whole number.
    package var description: String {
        let units = ["B", "KB", "MB", "GB", "TB", "PB"]
        let place = byteCount == 0 ? 0 : min(units.count - 1, byteCount.trailingZeroBitCount / 10)
        return "\(byteCount >> UInt64(10 * place)) \(units[place])"
    }
}
