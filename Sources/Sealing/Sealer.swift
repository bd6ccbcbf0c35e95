package import Model

/// Seals and opens under one 32-byte key: C2SP chunked-encryption with AES-256-GCM.
///
/// Thread rules: holds nothing that changes; any number of threads may use it at once.
package final class Sealer: Sendable {
    private let key: SecretBytes

    package init(key: SecretBytes) {
        self.key = key
    }

    /// Seals `plaintext`.
    ///
    /// - Parameters:
    ///   - salt: fresh for every message: two messages under one salt give each other away.
    ///   - context: what the message is for; opening needs the same bytes. See ``SealContext``.
    ///   - target: exactly `SealLayout(plaintextLength:).sealedLength` bytes, apart from
    ///     `plaintext`.
    /// - Throws: ``SealError/cipherUnavailable``.
    package func seal(
        _ plaintext: UnsafeRawBufferPointer, salt: SealSalt, context: [UInt8],
        into target: UnsafeMutableRawBufferPointer
    ) throws(SealError) {
        try borrow { key throws(SealError) in
            try salt.withBytes { salt throws(SealError) in
                try Seal.seal(
                    plaintext, suite: .aes256, key: key, salt: salt, context: context,
                    into: target)
            }
        }
    }

    /// Opens `sealed` as a whole. When anything is wrong, `target` is left zeroed.
    ///
    /// - Parameter target: at least `SealLayout(sealedLength:)!.plaintextLength` bytes, apart from
    ///   `sealed`.
    /// - Returns: bytes of plaintext.
    /// - Throws: ``SealError/badLength(sealedLength:)``, ``SealError/badCommitment``,
    ///   ``SealError/badStep(index:)``, ``SealError/cipherUnavailable``.
    package func open(
        _ sealed: UnsafeRawBufferPointer, context: [UInt8],
        into target: UnsafeMutableRawBufferPointer
    ) throws(SealError) -> Int {
        try borrow { key throws(SealError) in
            try Seal.open(sealed, suite: .aes256, key: key, context: context, into: target)
        }
    }

    /// Opens `range` of the plaintext, touching only the steps that hold it.
    ///
    /// The whole message must be there, since its length is what says which step is the last; the
    /// length itself is proved only when the last step is opened.
    ///
    /// - Parameter target: exactly as long as `range`; its bytes mean nothing after an error.
    /// - Throws: as ``open(_:context:into:)``; ``SealError/badLength(sealedLength:)`` also when
    ///   `range` is not within the plaintext.
    package func open(
        range: Range<Int>, of sealed: UnsafeRawBufferPointer, context: [UInt8],
        into target: UnsafeMutableRawBufferPointer
    ) throws(SealError) {
        try borrow { key throws(SealError) in
            try Seal.open(
                range: range, of: sealed, suite: .aes256, key: key, context: context, into: target)
        }
    }

    private func borrow<Result>(
        _ body: (UnsafeRawBufferPointer) throws(SealError) -> Result
    ) throws(SealError) -> Result {
        try key.withBytes { span throws(SealError) in
            try span.withUnsafeBytes { bytes throws(SealError) in try body(bytes) }
        }
    }
}

extension Sealer {
    /// Seals a small thing (a descriptor, a head) into a fresh array.
    package func seal(
        _ plaintext: [UInt8], random: some RandomSource, context: [UInt8]
    ) throws(SealError) -> [UInt8] {
        try seal(plaintext, salt: SealSalt(from: random), context: context)
    }

    /// Seals with a salt of the caller's: for golden files.
    package func seal(
        _ plaintext: [UInt8], salt: SealSalt, context: [UInt8]
    ) throws(SealError) -> [UInt8] {
        let length = SealLayout(plaintextLength: plaintext.count).sealedLength
        var sealed = [UInt8](repeating: 0, count: length)
        // Two buffers lent at once: `withUnsafeMutableBytes` alone cannot throw typed errors.
        let failure: SealError? = sealed.withUnsafeMutableBytes { target in
            plaintext.withUnsafeBytes { source in
                do throws(SealError) {
                    try seal(source, salt: salt, context: context, into: target)
                    return nil
                } catch {
                    return error
                }
            }
        }
        if let failure { throw failure }
        return sealed
    }

    /// Opens a small thing into a fresh array, which is no longer than `sealed`.
    package func open(_ sealed: [UInt8], context: [UInt8]) throws(SealError) -> [UInt8] {
        guard let layout = SealLayout(sealedLength: sealed.count) else {
            throw .badLength(sealedLength: sealed.count)
        }
        var plaintext = [UInt8](repeating: 0, count: layout.plaintextLength)
        let failure: SealError? = plaintext.withUnsafeMutableBytes { target in
            sealed.withUnsafeBytes { source in
                do throws(SealError) {
                    _ = try open(source, context: context, into: target)
                    return nil
                } catch {
                    return error
                }
            }
        }
        if let failure { throw failure }
        return plaintext
    }
}
