internal import Crypto
package import Model

/// What restores everything on a new machine: the seed, and whose it is. Holds only what never
/// changes, so that an old print is valid for ever.
package struct KeyFile: Sendable {
    package let name: DisplayName
    package let user: UserID
    package let created: CalendarDate
    package let seed: RootSeed

    package init(name: DisplayName, user: UserID, created: CalendarDate, seed: RootSeed) {
        self.name = name
        self.user = user
        self.created = created
        self.seed = seed
    }

    /// Protects the seed with a passphrase; the empty one is as good as none, but asked for.
    ///
    /// - Throws: ``KeyFileError/cipherUnavailable``.
    package func sealed(
        passphrase: String, cost: ScryptCost = .standard, random: some RandomSource
    ) throws(KeyFileError) -> KeyFileText {
        let protection = KeyFileProtection.scrypt(cost)
        let headers = KeyFileHeaders(
            name: name, user: user, created: created, protection: protection)
        let scryptSalt = random.bytes(KeyFileText.scryptSaltLength)
        let sealer = Sealer(key: try cost.key(passphrase: passphrase, salt: scryptSalt))
        let plaintext = seed.secret.withBytes { span in span.withUnsafeBytes { Array($0) } }
        do {
            let sealed = try sealer.seal(plaintext, random: random, context: headers.bound)
            return KeyFileText(headers: headers, body: scryptSalt + sealed)
        } catch {
            throw .cipherUnavailable
        }
    }

    /// Leaves the seed to be read by whoever reads the page.
    package func unprotected() -> KeyFileText {
        let headers = KeyFileHeaders(
            name: name, user: user, created: created, protection: .none)
        return KeyFileText(headers: headers, body: KeyFileText.plainBody(seed.secret))
    }
}

/// A key file as it is written down: what it says openly, and a body that may need a passphrase.
///
/// docs/formats/key-file.md; golden files fixtures/keyfile/*.txt.
package struct KeyFileText: Hashable, Sendable {
    package let headers: KeyFileHeaders
    let body: [UInt8]

    static let scryptSaltLength = 16
    private static let plainCheckLength = 8
    private static let sealedSeedLength =
        SealLayout(plaintextLength: SecretBytes.byteCount).sealedLength

    init(headers: KeyFileHeaders, body: [UInt8]) {
        self.headers = headers
        self.body = body
    }

    /// Bytes of the body: 16 of salt and 104 of the sealed seed, or 32 of the seed and 8 of check.
    static func bodyLength(_ protection: KeyFileProtection) -> Int {
        switch protection {
        case .none: SecretBytes.byteCount + plainCheckLength
        case .scrypt: scryptSaltLength + sealedSeedLength
        }
    }

    static func plainBody(_ seed: SecretBytes) -> [UInt8] {
        let bytes = seed.withBytes { span in span.withUnsafeBytes { Array($0) } }
        let digest = SHA256.hash(data: Array("bitdust/v1/key-file/plain\0".utf8) + bytes)
        return bytes + digest.prefix(plainCheckLength)
    }

    package var isProtected: Bool { headers.protection != .none }

    /// Ten bytes over headers and body, for the last line.
    var check: [UInt8] { Array(SHA256.hash(data: headers.bound + body).prefix(10)) }

    /// Gives the seed back.
    ///
    /// - Throws: ``KeyFileError/passphraseNeeded``, ``KeyFileError/wrongPassphrase``,
    ///   ``KeyFileError/badCheck``, ``KeyFileError/cipherUnavailable``.
    package func open(passphrase: String?) throws(KeyFileError) -> KeyFile {
        let seed: RootSeed
        switch headers.protection {
        case .none:
            guard let bytes = Bytes32(body.prefix(SecretBytes.byteCount)) else { throw .badCheck }
            seed = RootSeed(SecretBytes(bytes))
            guard KeyFileText.plainBody(seed.secret) == body else { throw .badCheck }
        case .scrypt(let cost):
            guard let passphrase else { throw .passphraseNeeded }
            seed = try open(passphrase: passphrase, cost: cost)
        }
        return KeyFile(
            name: headers.name, user: headers.user, created: headers.created, seed: seed)
    }

    private func open(passphrase: String, cost: ScryptCost) throws(KeyFileError) -> RootSeed {
        let salt = Array(body.prefix(KeyFileText.scryptSaltLength))
        let sealer = Sealer(key: try cost.key(passphrase: passphrase, salt: salt))
        let plaintext: [UInt8]
        do {
            plaintext = try sealer.open(
                Array(body.dropFirst(KeyFileText.scryptSaltLength)), context: headers.bound)
        } catch .cipherUnavailable {
            throw .cipherUnavailable
        } catch {
            // The body passed its checks, so that only the key can be wrong.
            throw .wrongPassphrase
        }
        guard let bytes = Bytes32(plaintext) else { throw .wrongPassphrase }
        return RootSeed(SecretBytes(bytes))
    }
}
