internal import Model

/// Input that is the same on every machine and at every run, so that figures can be compared.
package enum GeneratedBytes {
    /// Bytes that no codec shrinks by more than 0.1 %. None is zero, so that a search for zero
    /// reads all of them.
    package static func incompressible(
        _ bytes: UnsafeMutableRawBufferPointer, seed: UInt64
    ) {
        var numbers = SplitMix(state: seed)
        for index in stride(from: 0, to: bytes.count, by: 8) {
            let word = numbers.next()
            for lane in 0..<min(8, bytes.count - index) {
                let byte = UInt8(truncatingIfNeeded: word >> (8 * UInt64(lane)))
                bytes[index + lane] = byte == 0 ? 0xA5 : byte
            }
        }
    }

    /// Text that compresses as a tree of sources does: lines of a few shapes over a vocabulary of
    /// which few words are frequent, many lines much like one before.
    package static func sourceLike(_ bytes: UnsafeMutableRawBufferPointer, seed: UInt64) {
        var writer = SourceWriter(seed: seed)
        var end = 0
        while end < bytes.count {
            let line = writer.line()
            let part = line.prefix(bytes.count - end)
            UnsafeMutableRawBufferPointer(rebasing: bytes[end...]).copyBytes(from: part)
            end += part.count
        }
    }
}

/// - SeeAlso: Steele, Lea, Flood, “Fast splittable pseudorandom number generators”, 2014.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// Below `bound`, the low ones more often: the cube of an even number.
    mutating func nextLow(below bound: Int) -> Int {
        let even = Double(next() >> 11) / Double(1 << 53)
        return Int(even * even * even * Double(bound))
    }
}

/// Writes lines that look like source text.
private struct SourceWriter {
    private var numbers: SplitMix
    private let words: [[UInt8]]
    private var lines: [[UInt8]] = []
    private var depth = 0

    private static let shapes = [
        "let # = #.#(#, #)", "if # == # {", "}", "return #", "// # # # # # #", "#.# = #",
        "func #(_ #: #) -> # {", "}", "for # in #.# {", "}", "guard let # = # else { return }", "",
    ].map { Array($0.utf8) }

    init(seed: UInt64) {
        numbers = SplitMix(state: seed)
        // The same vocabulary whatever the seed, as files of one project have.
        var spelling = SplitMix(state: 1)
        words = (0..<3000).map { _ in
            let length = 3 + Int(spelling.next() % 9)
            return (0..<length).map { _ in UInt8(ascii: "a") + UInt8(spelling.next() % 26) }
        }
    }

    mutating func line() -> [UInt8] {
        // Half of the lines are as one of the last few hundred.
        if lines.count > 64, numbers.next() % 8 < 4 {
            return lines[lines.count - 1 - numbers.nextLow(below: lines.count)]
        }
        let line = freshLine()
        if lines.count == 400 { lines.removeFirst(200) }
        lines.append(line)
        return line
    }

    private mutating func freshLine() -> [UInt8] {
        let shape = SourceWriter.shapes[Int(numbers.next() % UInt64(SourceWriter.shapes.count))]
        if shape.first == UInt8(ascii: "}") { depth = max(0, depth - 1) }
        var line = [UInt8](repeating: UInt8(ascii: " "), count: 4 * depth)
        for byte in shape {
            if byte == UInt8(ascii: "#") {
                line += words[numbers.nextLow(below: words.count)]
            } else {
                line.append(byte)
            }
        }
        if shape.last == UInt8(ascii: "{") { depth = min(5, depth + 1) }
        return line + [UInt8(ascii: "\n")]
    }
}
