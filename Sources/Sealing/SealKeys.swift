internal import Crypto
internal import Model

/// Which AES the seal runs on. The product knows `aes256` only; `aes128` is there to pass the
/// published vectors of both.
enum SealSuite: CaseIterable {
    case aes128
    case aes256

    var keyLength: Int {
        switch self {
        case .aes128: 16
        case .aes256: 32
        }
    }

    var name: StaticString {
        switch self {
        case .aes128: "AEAD_AES_128_GCM"
        case .aes256: "AEAD_AES_256_GCM"
        }
    }
}

/// What one salt and one context make of the input key: the key and base nonce of the steps and
/// the commitment. Never used for a second message.
///
/// - SeeAlso: C2SP, chunked-encryption, v1.
struct SealKeys: ~Copyable {
    private let cipher: StepCipher
    private let baseNonce: InlineArray<12, UInt8>
    private let commitment: Bytes32

    /// `nil` when the cipher library has no memory.
    init?(
        suite: SealSuite, key: UnsafeRawBufferPointer, salt: UnsafeRawBufferPointer,
        context: [UInt8]
    ) {
        precondition(key.count == suite.keyLength && salt.count == SealLayout.saltLength)
        var info: [UInt8] = []
        info.append(contentsOf: Array("c2sp.org/chunked-encryption@v1+".utf8))
        suite.name.withUTF8Buffer { info.append(contentsOf: $0) }
        info.append(0)
        info.append(contentsOf: salt)
        info.append(contentsOf: context)
        let nonceEnd = suite.keyLength + StepNonce.byteCount
        let derived = HKDF<SHA512>.expand(
            pseudoRandomKey: key, info: info,
            outputByteCount: nonceEnd + SealLayout.commitmentLength)
        var nonce = InlineArray<12, UInt8>(repeating: 0)
        var commitment = Bytes32.zero
        var cipher: StepCipher?
        derived.withUnsafeBytes { bytes in
            for offset in 0..<StepNonce.byteCount {
                nonce[offset] = bytes[suite.keyLength + offset]
            }
            commitment = Bytes32(UnsafeRawBufferPointer(rebasing: bytes[nonceEnd...]).bytes)
            cipher = StepCipher(
                suite: suite, key: UnsafeRawBufferPointer(rebasing: bytes[..<suite.keyLength]))
        }
        guard let cipher else { return nil }
        self.cipher = cipher
        self.baseNonce = nonce
        self.commitment = commitment
    }

    /// - Precondition: `target` is a whole sealed message whose salt is written already.
    func writeCommitment(into target: UnsafeMutableRawBufferPointer) {
        let field = UnsafeMutableRawBufferPointer(rebasing: target[SealKeys.commitmentRange])
        commitment.withBytes { span in
            span.withUnsafeBytes { field.copyMemory(from: $0) }
        }
    }

    func isCommittedTo(by sealed: UnsafeRawBufferPointer) -> Bool {
        Bytes32(UnsafeRawBufferPointer(rebasing: sealed[SealKeys.commitmentRange]).bytes)
            == commitment
    }

    func seal(
        step index: Int, of plaintext: UnsafeRawBufferPointer, layout: SealLayout,
        into target: UnsafeMutableRawBufferPointer
    ) throws(SealError) {
        let source = plaintext[layout.plaintextRange(ofStep: index)]
        let place = target[layout.sealedRange(ofStep: index)]
        let isSealed = cipher.seal(
            UnsafeRawBufferPointer(rebasing: source), nonce: nonce(index),
            into: UnsafeMutableRawBufferPointer(rebasing: place))
        guard isSealed else { throw .cipherUnavailable }
    }

    /// - Precondition: `target` is exactly as long as the step's plaintext.
    func open(
        step index: Int, of sealed: UnsafeRawBufferPointer, layout: SealLayout,
        into target: UnsafeMutableRawBufferPointer
    ) throws(SealError) {
        let source = UnsafeRawBufferPointer(rebasing: sealed[layout.sealedRange(ofStep: index)])
        guard cipher.open(source, nonce: nonce(index), into: target) else {
            throw .badStep(index: index)
        }
    }

    private func nonce(_ index: Int) -> StepNonce {
        baseNonce.span.bytes.withUnsafeBytes { StepNonce(base: $0, step: index) }
    }

    private static let commitmentRange =
        SealLayout.saltLength..<SealLayout.saltLength + SealLayout.commitmentLength
}
