/// The thirty-two characters of a key file's body, five bits each: those of Bech32, chosen so that
/// no two are easily taken for each other in print (no 1, b, i, o).
///
/// - SeeAlso: BIP 173, BIP 350.
package enum KeyFileSymbols {
    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, character) in alphabet.enumerated() {
            values[Int(character)] = UInt8(value)
            if (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(character) {
                values[Int(character) - 32] = UInt8(value)
            }
        }
        return values
    }()

    /// The value of a character in either case; `nil` when it is none of the alphabet.
    package static func value(of character: UInt8) -> UInt8? { values[Int(character)] }

    /// The characters of values from 0 to 31.
    package static func text(_ values: some Sequence<UInt8>) -> String {
        String(decoding: values.map { alphabet[Int($0)] }, as: UTF8.self)
    }

    /// Eight symbols for every five bytes, first bit first.
    ///
    /// - Precondition: `bytes.count` is a multiple of five.
    package static func symbols(_ bytes: [UInt8]) -> [UInt8] {
        precondition(bytes.count.isMultiple(of: 5))
        return regrouped(bytes, from: 8, to: 5)
    }

    /// - Precondition: `symbols.count` is a multiple of eight.
    package static func bytes(_ symbols: [UInt8]) -> [UInt8] {
        precondition(symbols.count.isMultiple(of: 8))
        return regrouped(symbols, from: 5, to: 8)
    }

    private static func regrouped(_ values: [UInt8], from: Int, to: Int) -> [UInt8] {
        var result: [UInt8] = []
        var pending = 0
        var bitCount = 0
        for value in values {
            pending = pending << from | Int(value)
            bitCount += from
            while bitCount >= to {
                bitCount -= to
                result.append(UInt8(pending >> bitCount & (1 << to - 1)))
            }
            pending &= 1 << bitCount - 1
        }
        return result
    }

    /// The six check symbols of `symbols`: the BCH code of Bech32m, which finds any four wrong
    /// symbols among 89 and misses worse damage once in 2^30.
    package static func check(_ symbols: [UInt8]) -> [UInt8] {
        let remainder = polymod(symbols + [UInt8](repeating: 0, count: 6)) ^ 0x2BC8_30A3
        return (0..<6).map { UInt8(remainder >> (5 * (5 - UInt32($0))) & 31) }
    }

    private static func polymod(_ symbols: [UInt8]) -> UInt32 {
        let generator: [UInt32] = [
            0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3,
        ]
        var remainder: UInt32 = 1
        for symbol in symbols {
            let top = remainder >> 25
            remainder = (remainder & 0x1FF_FFFF) << 5 ^ UInt32(symbol)
            for (bit, term) in generator.enumerated() where top >> bit & 1 == 1 {
                remainder ^= term
            }
        }
        return remainder
    }
}
