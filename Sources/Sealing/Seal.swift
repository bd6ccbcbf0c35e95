internal import Model

/// Sealing and opening over lent memory for any suite; ``Sealer`` is what the rest of the product
/// uses.
///
/// - SeeAlso: C2SP, chunked-encryption, v1; docs/formats/seal.md.
enum Seal {
    /// - Precondition: `target` is exactly as long as the sealed message and overlaps nothing.
    static func seal(
        _ plaintext: UnsafeRawBufferPointer, suite: SealSuite, key: UnsafeRawBufferPointer,
        salt: UnsafeRawBufferPointer, context: [UInt8],
        into target: UnsafeMutableRawBufferPointer
    ) throws(SealError) {
        let layout = SealLayout(plaintextLength: plaintext.count)
        precondition(target.count == layout.sealedLength)
        guard let keys = SealKeys(suite: suite, key: key, salt: salt, context: context) else {
            throw .cipherUnavailable
        }
        target.copyMemory(from: salt)
        keys.writeCommitment(into: target)
        for index in 0..<layout.stepCount {
            try keys.seal(step: index, of: plaintext, layout: layout, into: target)
        }
    }

    /// Opens all of `sealed`; when anything is wrong `target` is left zeroed.
    ///
    /// - Precondition: `target` has room for the plaintext and overlaps nothing.
    /// - Returns: bytes of plaintext.
    static func open(
        _ sealed: UnsafeRawBufferPointer, suite: SealSuite, key: UnsafeRawBufferPointer,
        context: [UInt8], into target: UnsafeMutableRawBufferPointer
    ) throws(SealError) -> Int {
        guard let layout = SealLayout(sealedLength: sealed.count) else {
            throw .badLength(sealedLength: sealed.count)
        }
        precondition(target.count >= layout.plaintextLength)
        let keys = try keys(of: sealed, suite: suite, key: key, context: context)
        let plaintext = UnsafeMutableRawBufferPointer(rebasing: target[..<layout.plaintextLength])
        do {
            for index in 0..<layout.stepCount {
                let place = plaintext[layout.plaintextRange(ofStep: index)]
                try keys.open(
                    step: index, of: sealed, layout: layout,
                    into: UnsafeMutableRawBufferPointer(rebasing: place))
            }
        } catch {
            plaintext.initializeMemory(as: UInt8.self, repeating: 0)
            throw error
        }
        return layout.plaintextLength
    }

    /// Opens the steps that hold `range` of the plaintext and no others.
    ///
    /// - Precondition: `target` is exactly as long as `range` and overlaps nothing.
    static func open(
        range: Range<Int>, of sealed: UnsafeRawBufferPointer, suite: SealSuite,
        key: UnsafeRawBufferPointer, context: [UInt8], into target: UnsafeMutableRawBufferPointer
    ) throws(SealError) {
        precondition(target.count == range.count)
        guard let layout = SealLayout(sealedLength: sealed.count),
            range.lowerBound >= 0, range.upperBound <= layout.plaintextLength
        else { throw .badLength(sealedLength: sealed.count) }
        let keys = try keys(of: sealed, suite: suite, key: key, context: context)
        let scratch = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Limits.sealStepLength, alignment: 64)
        defer { scratch.deallocate() }
        for index in layout.steps(holding: range) {
            let step = layout.plaintextRange(ofStep: index)
            let wanted = step.clamped(to: range)
            let start = wanted.lowerBound - range.lowerBound
            let place = UnsafeMutableRawBufferPointer(
                rebasing: target[start..<start + wanted.count])
            if wanted == step {
                try keys.open(step: index, of: sealed, layout: layout, into: place)
            } else {
                let whole = UnsafeMutableRawBufferPointer(rebasing: scratch[..<step.count])
                try keys.open(step: index, of: sealed, layout: layout, into: whole)
                let offset = wanted.lowerBound - step.lowerBound
                place.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: whole[offset..<offset + wanted.count]))
            }
        }
    }

    /// Derives the keys of a message and checks its commitment.
    ///
    /// - Precondition: `sealed` holds at least a header.
    private static func keys(
        of sealed: UnsafeRawBufferPointer, suite: SealSuite, key: UnsafeRawBufferPointer,
        context: [UInt8]
    ) throws(SealError) -> SealKeys {
        let salt = UnsafeRawBufferPointer(rebasing: sealed[..<SealLayout.saltLength])
        guard let keys = SealKeys(suite: suite, key: key, salt: salt, context: context) else {
            throw .cipherUnavailable
        }
        guard keys.isCommittedTo(by: sealed) else { throw .badCommitment }
        return keys
    }
}
