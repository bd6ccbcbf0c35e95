internal import Model
internal import Sealing

extension Exercise {
    /// Blocks of plaintext in steps of 16 KiB.
    static func sealing(byteCount: Int) -> [Exercise] {
        [
            Exercise(.sealing, byteCountText(byteCount)) {
                let field = SealField(byteCount: byteCount)
                let cipher = try LibCryptoCipher()
                return [
                    Contender("ours", .ours, byteCount: byteCount) {
                        try field.seal()
                    } checksum: {
                        checksum(of: [UnsafeRawBufferPointer(field.sealed)])
                    }, .memcpy(field.plaintext, to: field.sealed),
                    Contender("libcrypto AES-GCM", .library, byteCount: byteCount) {
                        try cipher.seal(field.plaintext, into: field.sealed)
                    },
                ].keeping(field)
            }
        ]
    }

    static func opening(byteCount: Int) -> [Exercise] {
        [
            Exercise(.opening, byteCountText(byteCount)) {
                let field = SealField(byteCount: byteCount)
                try field.seal()
                let other = PageBuffer(byteCount: field.sealed.count)
                let cipher = try LibCryptoCipher()
                try cipher.seal(field.plaintext, into: other[0..<field.sealed.count])
                return [
                    Contender("ours", .ours, byteCount: byteCount) {
                        try field.open()
                    } checksum: {
                        checksum(of: [UnsafeRawBufferPointer(field.opened)])
                    }, .memcpy(field.plaintext, to: field.opened),
                    Contender(
                        "libcrypto AES-GCM", .library, byteCount: byteCount, makesTheSame: true
                    ) {
                        try cipher.open(other.first(field.sealed.count), into: field.opened)
                    } checksum: {
                        checksum(of: [UnsafeRawBufferPointer(field.opened)])
                    },
                ].keeping(field, other)
            }
        ]
    }
}

/// One block's plaintext, sealed and opened.
private final class SealField {
    let plaintext: UnsafeRawBufferPointer
    let sealed: UnsafeMutableRawBufferPointer
    let opened: UnsafeMutableRawBufferPointer
    private let keys = RepositoryKeys(masterKey: .measured)
    private let sealer: Sealer
    private let context: [UInt8]
    private let buffers: [PageBuffer]

    init(byteCount: Int) {
        let source = Material.incompressible.buffer(byteCount: byteCount)
        let sealedLength = SealLayout(plaintextLength: byteCount).sealedLength
        let target = PageBuffer(byteCount: sealedLength)
        let back = PageBuffer(byteCount: byteCount)
        plaintext = source.first(byteCount)
        sealed = target[0..<sealedLength]
        opened = back[0..<byteCount]
        sealer = keys.blockSealer
        context =
            SealContext(kind: .block, repository: keys.repository, plaintextLength: byteCount)
            .bytes
        buffers = [source, target, back]
    }

    func seal() throws {
        try sealer.seal(
            plaintext, salt: SealSalt(from: MeasuredRandom()), context: context, into: sealed)
    }

    func open() throws {
        _ = try sealer.open(UnsafeRawBufferPointer(sealed), context: context, into: opened)
    }
}

extension SecretBytes {
    /// Some key: it keeps no secret.
    static var measured: SecretBytes { Bytes32.measured.withBytes { SecretBytes($0) } }
}

/// The same bytes at every run, so that what is made of them has a checksum. For generated data
/// that is thrown away, never for a backup.
struct MeasuredRandom: RandomSource {
    func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        GeneratedBytes.incompressible(bytes, seed: 42)
    }
}
