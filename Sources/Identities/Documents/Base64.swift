/// RFC 4648, section 4, in the one form in which bytes are written: padded, no blanks, unused bits
/// zero.
package enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()
    private static let padding = UInt8(ascii: "=")

    package static func encode(_ bytes: [UInt8]) -> String {
        var digits: [UInt8] = []
        digits.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word: UInt32 = 0
            for index in 0..<3 {
                word = word << 8 | UInt32(index < group.count ? group[start + index] : 0)
            }
            for index in 0..<4 {
                let digit = alphabet[Int(word >> UInt32(18 - 6 * index) & 63)]
                digits.append(index <= group.count ? digit : padding)
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }

    package static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 4 == 0 else { return nil }
        let paddingCount = digits.suffix(2).count { $0 == padding }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3)
        for start in stride(from: 0, to: digits.count, by: 4) {
            let isLast = start + 4 == digits.count
            var word: UInt32 = 0
            for index in 0..<4 {
                let isPadding = isLast && index >= 4 - paddingCount
                let value = isPadding ? 0 : values[Int(digits[start + index])]
                guard value < 64 else { return nil }
                word = word << 6 | UInt32(value)
            }
            let count = isLast ? 3 - paddingCount : 3
            for index in 0..<count {
                bytes.append(UInt8(truncatingIfNeeded: word >> (16 - 8 * index)))
            }
        }
        return encode(bytes) == text ? bytes : nil
    }
}
