internal import CBoringGCM
internal import Model

/// AES-GCM of single steps, from our memory into our memory, with the key expanded once.
///
/// The reference it is held against in tests is swift-crypto's `AES.GCM`.
struct StepCipher: ~Copyable {
    private let context: OpaquePointer

    /// `nil` without memory.
    ///
    /// - Precondition: `key` has the length that `suite` asks for.
    init?(suite: SealSuite, key: UnsafeRawBufferPointer) {
        precondition(key.count == suite.keyLength)
        let aead =
            switch suite {
            case .aes128: CCryptoBoringSSL_EVP_aead_aes_128_gcm()
            case .aes256: CCryptoBoringSSL_EVP_aead_aes_256_gcm()
            }
        let expanded = CCryptoBoringSSL_EVP_AEAD_CTX_new(
            aead, key.baseAddress, key.count, Limits.sealTagLength)
        guard let expanded else { return nil }
        context = expanded
    }

    deinit {
        CCryptoBoringSSL_EVP_AEAD_CTX_free(context)
    }

    /// Writes ciphertext and tag, `Limits.sealTagLength` bytes more than `plaintext`.
    ///
    /// - Precondition: `target` is exactly as long as that and does not overlap `plaintext`.
    func seal(
        _ plaintext: UnsafeRawBufferPointer, nonce: StepNonce,
        into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        precondition(target.count == plaintext.count + Limits.sealTagLength)
        var written = 0
        let status = nonce.withBytes {
            CCryptoBoringSSL_EVP_AEAD_CTX_seal(
                context, target.baseAddress, &written, target.count, $0.baseAddress, $0.count,
                plaintext.baseAddress, plaintext.count, nil, 0)
        }
        return status == 1 && written == target.count
    }

    /// Writes the plaintext when the tag at the end of `sealed` is right; zeroes otherwise.
    ///
    /// - Precondition: `target` has room for `sealed` less the tag and does not overlap it.
    func open(
        _ sealed: UnsafeRawBufferPointer, nonce: StepNonce,
        into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        precondition(target.count == sealed.count - Limits.sealTagLength)
        var written = 0
        let status = nonce.withBytes {
            CCryptoBoringSSL_EVP_AEAD_CTX_open(
                context, target.baseAddress, &written, target.count, $0.baseAddress, $0.count,
                sealed.baseAddress, sealed.count, nil, 0)
        }
        return status == 1 && written == target.count
    }
}

/// The nonce of one step: the base nonce with the step's number, big-endian, XORed into its end.
struct StepNonce {
    static let byteCount = 12
    private var bytes: (UInt32, UInt64)

    /// - Precondition: `base` holds 12 bytes.
    init(base: UnsafeRawBufferPointer, step: Int) {
        precondition(base.count == StepNonce.byteCount)
        bytes.0 = base.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
        bytes.1 = base.loadUnaligned(fromByteOffset: 4, as: UInt64.self) ^ UInt64(step).bigEndian
    }

    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: StepNonce.byteCount) { nonce in
            let target = UnsafeMutableRawBufferPointer(nonce)
            target.storeBytes(of: bytes.0, toByteOffset: 0, as: UInt32.self)
            target.storeBytes(of: bytes.1, toByteOffset: 4, as: UInt64.self)
            return body(UnsafeBufferPointer(nonce))
        }
    }
}
