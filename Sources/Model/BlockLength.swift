/// The lengths a block may have: what suppliers see is a class, never the length of a chunk.
///
/// A sealed block is exactly as long as its class, so that its plaintext is the class less the
/// overhead of the seal (C2SP chunked-encryption: 56 bytes, and 16 for each step of 16 KiB).
package struct BlockLength: Hashable, Comparable, Sendable {
    /// The class: 64 KiB times 2 to the power of 0...7.
    package let sealedLength: Int

    package static let smallest = BlockLength(exactly: 64 << 10)!
    package static let largest = BlockLength(exactly: 8 << 20)!
    package static let all: [BlockLength] = (0...7).map { BlockLength(exactly: 64 << (10 + $0))! }

    /// `nil` when `sealedLength` is no class.
    package init?(exactly sealedLength: Int) {
        guard sealedLength >= 64 << 10, sealedLength <= 8 << 20,
            sealedLength & (sealedLength - 1) == 0
        else { return nil }
        self.sealedLength = sealedLength
    }

    /// The smallest class whose plaintext holds `byteCount` bytes; `nil` when none does.
    package init?(holding byteCount: Int) {
        guard let fitting = BlockLength.all.first(where: { $0.plaintextLength >= byteCount })
        else { return nil }
        self = fitting
    }

    /// Bytes of plaintext, padding included.
    package var plaintextLength: Int {
        let steps = sealedLength - Limits.sealHeaderLength
        let sealedStep = Limits.sealStepLength + Limits.sealTagLength
        let rest = steps % sealedStep
        return steps / sealedStep * Limits.sealStepLength + rest - Limits.sealTagLength
    }

    package static func < (left: BlockLength, right: BlockLength) -> Bool {
        left.sealedLength < right.sealedLength
    }
}
