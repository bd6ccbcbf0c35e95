internal import Model

/// The arithmetic of a sealed message; all of it follows from its length.
///
/// ```
/// offset          length         field
/// 0               24             salt, random
/// 24              32             commitment to key, salt and context
/// 56 + i*16400    16384 + 16     step i: ciphertext, tag
/// ...             0..16383 + 16  last step, always shorter than the others
/// ```
///
/// docs/formats/seal.md; golden file fixtures/seal/v1.bin.
package struct SealLayout: Hashable, Sendable {
    package let plaintextLength: Int

    package static let saltLength = 24
    package static let commitmentLength = 32
    static let sealedStepLength = Limits.sealStepLength + Limits.sealTagLength

    /// - Precondition: `plaintextLength >= 0`.
    package init(plaintextLength: Int) {
        precondition(plaintextLength >= 0)
        self.plaintextLength = plaintextLength
    }

    /// The layout of a sealed message; `nil` when none has that length.
    package init?(sealedLength: Int) {
        guard sealedLength >= Limits.sealHeaderLength + Limits.sealTagLength else { return nil }
        let steps = sealedLength - Limits.sealHeaderLength
        let (full, rest) = steps.quotientAndRemainder(dividingBy: SealLayout.sealedStepLength)
        guard rest >= Limits.sealTagLength else { return nil }
        self.plaintextLength = full * Limits.sealStepLength + rest - Limits.sealTagLength
    }

    /// Bytes of the sealed message.
    package var sealedLength: Int {
        Limits.sealHeaderLength + plaintextLength + stepCount * Limits.sealTagLength
    }

    /// At least one: an empty message has one empty step.
    package var stepCount: Int { plaintextLength / Limits.sealStepLength + 1 }

    /// Bytes of the plaintext that step `index` holds.
    package func plaintextRange(ofStep index: Int) -> Range<Int> {
        let start = index * Limits.sealStepLength
        return start..<min(start + Limits.sealStepLength, plaintextLength)
    }

    /// Bytes of the sealed message that step `index` takes, its tag included.
    package func sealedRange(ofStep index: Int) -> Range<Int> {
        let start = Limits.sealHeaderLength + index * SealLayout.sealedStepLength
        return start..<start + plaintextRange(ofStep: index).count + Limits.sealTagLength
    }

    /// The steps that hold `range` of the plaintext; none for an empty range.
    package func steps(holding range: Range<Int>) -> Range<Int> {
        guard !range.isEmpty else { return 0..<0 }
        let first = range.lowerBound / Limits.sealStepLength
        return first..<(range.upperBound - 1) / Limits.sealStepLength + 1
    }
}
