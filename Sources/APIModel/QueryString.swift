/// The query of a URL, as forms and curl write it.
package enum QueryString {
    /// Names and values in order; a name without `=` has no value. `nil` when the percent-encoding
    /// is broken or what it says is not UTF-8.
    package static func pairs(_ query: some StringProtocol) -> [(name: String, value: String?)]? {
        var pairs: [(name: String, value: String?)] = []
        for part in query.split(separator: "&") {
            let halves = part.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decode(halves[0], plusIsSpace: true) else { return nil }
            guard halves.count == 2 else {
                pairs.append((name, nil))
                continue
            }
            guard let value = decode(halves[1], plusIsSpace: true) else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }

    /// Takes percent-encoding away; `nil` when it is broken or not UTF-8.
    static func decode(_ text: some StringProtocol, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = digit(rest.popFirst()), let low = digit(rest.popFirst()) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8?) -> UInt8? {
        guard let byte, byte < 128 else { return nil }
        return Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}
