internal import COpenSSL
internal import Model

/// The hash of libcrypto.
enum LibCrypto {
    static func sha256(_ bytes: UnsafeRawBufferPointer) throws(MeasuringError) -> Bytes32 {
        var status: Int32 = 0
        let digest = Bytes32(filling: { target in
            status = EVP_Digest(
                bytes.baseAddress, bytes.count,
                target.baseAddress!.assumingMemoryBound(to: UInt8.self), nil, EVP_sha256(), nil)
        })
        guard status == 1 else { throw .libraryFailed(name: "EVP_Digest") }
        return digest
    }
}

/// AES-256-GCM of libcrypto in steps as long as ours, ciphertext and tag one after the other.
final class LibCryptoCipher {
    private let sealing: OpaquePointer
    private let opening: OpaquePointer
    private let key = [UInt8](repeating: 3, count: 32)

    init() throws(MeasuringError) {
        guard let sealing = EVP_CIPHER_CTX_new(), let opening = EVP_CIPHER_CTX_new(),
            EVP_EncryptInit_ex(sealing, EVP_aes_256_gcm(), nil, key, nil) == 1,
            EVP_DecryptInit_ex(opening, EVP_aes_256_gcm(), nil, key, nil) == 1
        else { throw .libraryFailed(name: "EVP_CIPHER_CTX_new") }
        self.sealing = sealing
        self.opening = opening
    }

    deinit {
        EVP_CIPHER_CTX_free(sealing)
        EVP_CIPHER_CTX_free(opening)
    }

    /// - Precondition: `target` has room for the tags too.
    func seal(
        _ plaintext: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(MeasuringError) {
        var place = target.baseAddress!.assumingMemoryBound(to: UInt8.self)
        var done: Int32 = 0
        var status: Int32 = 1
        for start in stride(from: 0, to: plaintext.count, by: Limits.sealStepLength) {
            let count = min(Limits.sealStepLength, plaintext.count - start)
            let source = plaintext.baseAddress!.assumingMemoryBound(to: UInt8.self) + start
            status &= EVP_EncryptInit_ex(sealing, nil, nil, nil, nonce(of: start))
            status &= EVP_EncryptUpdate(sealing, place, &done, source, Int32(count))
            place += count
            status &= EVP_EncryptFinal_ex(sealing, place, &done)
            status &= EVP_CIPHER_CTX_ctrl(
                sealing, EVP_CTRL_AEAD_GET_TAG, Int32(Limits.sealTagLength), place)
            place += Limits.sealTagLength
        }
        guard status == 1 else { throw .libraryFailed(name: "EVP_EncryptUpdate") }
    }

    /// Opens what ``seal(_:into:)`` made of `target.count` bytes.
    func open(
        _ sealed: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(MeasuringError) {
        var place = sealed.baseAddress!.assumingMemoryBound(to: UInt8.self)
        var done: Int32 = 0
        var status: Int32 = 1
        for start in stride(from: 0, to: target.count, by: Limits.sealStepLength) {
            let count = min(Limits.sealStepLength, target.count - start)
            let plain = target.baseAddress!.assumingMemoryBound(to: UInt8.self) + start
            status &= EVP_DecryptInit_ex(opening, nil, nil, nil, nonce(of: start))
            status &= EVP_DecryptUpdate(opening, plain, &done, place, Int32(count))
            place += count
            status &= EVP_CIPHER_CTX_ctrl(
                opening, EVP_CTRL_AEAD_SET_TAG, Int32(Limits.sealTagLength),
                UnsafeMutablePointer(mutating: place))
            status &= EVP_DecryptFinal_ex(opening, plain + count, &done)
            place += Limits.sealTagLength
        }
        guard status == 1 else { throw .libraryFailed(name: "EVP_DecryptFinal_ex") }
    }

    private func nonce(of start: Int) -> [UInt8] {
        (0..<12).map { UInt8(truncatingIfNeeded: start >> ($0 * 8)) }
    }
}
