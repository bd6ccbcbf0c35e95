import Compressing
import Testing

/// SplitMix64 (Steele et al., 2014): the same bytes from the same seed on every machine.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SplitMix(state: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
        withUnsafeBytes(of: generator.next().littleEndian) { bytes.append(contentsOf: $0) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}

/// Numbered lines: text that every codec shrinks, and whose bytes are known without a file.
func lineBytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 64)
    var number = 0
    while bytes.count < count {
        bytes.append(
            contentsOf: "line \(number) holds \(number * number % 1009) and no more\n".utf8)
        number += 1
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}

struct StoredFrame: Equatable {
    var codec: Codec
    var bytes: [UInt8]
}

extension FrameCompressor {
    /// Compresses into a buffer of exactly the length that is promised to be enough.
    func frame(_ plaintext: [UInt8]) throws -> StoredFrame {
        var target = [UInt8](repeating: 0, count: plaintext.count)
        let result = try plaintext.withUnsafeBytes { source in
            try target.withUnsafeMutableBytes { target in
                let (codec, stored) = try compress(source, into: target)
                return StoredFrame(codec: codec, bytes: Array(stored))
            }
        }
        return result
    }
}

extension FrameExpander {
    func plaintext(
        _ stored: [UInt8], codec: Codec, length: Int
    ) throws -> [UInt8] {
        // Guard bytes after the target show any write past its end.
        var memory = [UInt8](repeating: 0xA5, count: length + 64)
        try stored.withUnsafeBytes { source in
            try memory.withUnsafeMutableBytes { all in
                let target = UnsafeMutableRawBufferPointer(rebasing: all[..<length])
                defer { #expect(all[length...].allSatisfy { $0 == 0xA5 }) }
                try expand(source, codec: codec, into: target)
            }
        }
        return Array(memory[..<length])
    }
}
