package import Identities
package import Model
internal import Sealing

/// The root of an identity while it is at hand: from the home before the key file is saved, or
/// from the key file. Says what only the root may say; keeps nothing.
package struct RootAuthority: Sendable {
    package let user: UserID
    package let name: String
    private let seed: RootSeed

    /// Takes the root seed that is still in the home.
    package init(home: Home) throws {
        guard FileAccess.exists(home.rootSeed) else {
            throw Failure(
                "BD-ROOT-GONE", .failed, "The root key is not on this machine any more",
                cause: "it left when the key file was written",
                remedy: "name the key file: this needs the root key")
        }
        try self.init(keyFile: home.rootSeed) { [] }
    }

    /// Takes the root seed of a key file.
    package init(keyFile path: [UInt8], passphrase: () throws -> [UInt8]) throws {
        let (root, _) = try Customer.readKeyFile(at: path, passphrase: passphrase)
        self.init(root.seed, user: root.user, name: root.name.text)
    }

    init(_ seed: RootSeed, user: UserID, name: String) {
        self.seed = seed
        self.user = user
        self.name = name
    }

    /// What the root says of a new identity with one device.
    package func firstKeys(_ certificate: DeviceCertificate) throws -> IdentityKeys {
        guard let xWing = XWingPublicKey(try seed.grantPublicKey()) else {
            throw Failure("BD-X-WING", .software, "The X-Wing key of this seed is not usable")
        }
        return try IdentityKeys.first(
            root: try key(0), next: try key(1).publicKey, xWing: xWing,
            certificates: [certificate])
    }

    package func adding(
        _ certificate: DeviceCertificate, to keys: IdentityKeys
    ) throws -> IdentityKeys {
        try keys.adding(certificate, signedBy: try current(of: keys))
    }

    package func revoking(_ device: DeviceID, from keys: IdentityKeys) throws -> IdentityKeys {
        try keys.revoking(device, signedBy: try current(of: keys))
    }

    /// Puts the next root key in the place of the one in use.
    package func rotating(_ keys: IdentityKeys) throws -> IdentityKeys {
        let count = keys.history.generations.count
        return try keys.rotating(
            from: try current(of: keys), to: try key(count), next: try key(count + 1).publicKey)
    }

    /// The root key in use, for a document that no device signs.
    package func documentKey(of keys: IdentityKeys) throws -> DocumentKey {
        .root(try current(of: keys))
    }

    private func current(of keys: IdentityKeys) throws -> IdentityKey {
        let current = try key(keys.history.generations.count - 1)
        guard current.publicKey == keys.history.current.key else {
            throw Failure(
                "BD-OTHER-ROOT", .badData,
                "The key file belongs to another identity than \(keys.userID.short)",
                remedy: "use the key file of this identity")
        }
        return current
    }

    private func key(_ generation: Int) throws -> IdentityKey {
        try IdentityKey(seed: seed.identitySeed(generation: generation))
    }
}
