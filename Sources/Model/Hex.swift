/// Hexadecimal text, lower case when written, either case when read.
package enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Two digits for each byte.
    package static func encode(_ bytes: RawSpan) -> String {
        String(unsafeUninitializedCapacity: bytes.byteCount * 2) { target in
            bytes.withUnsafeBytes { source in
                for (index, byte) in source.enumerated() {
                    target[index * 2] = digits[Int(byte >> 4)]
                    target[index * 2 + 1] = digits[Int(byte & 15)]
                }
            }
            return bytes.byteCount * 2
        }
    }

    package static func encode(_ bytes: [UInt8]) -> String { encode(bytes.span.bytes) }

    /// The bytes of `text`; `nil` when a character is no digit or the count is odd.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text.utf8 {
            guard let digit = value(character) else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil ? bytes : nil
    }

    private static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
