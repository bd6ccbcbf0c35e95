internal import Identities
package import Model
internal import Sealing

/// Who this machine acts for.
package struct IdentitySummary: Sendable {
    package var name: String
    package var user: UserID
    package var device: DeviceID
    package var deviceName: String
    package var repository: RepositoryID
    /// The root seed has left this machine for a key file.
    package var isKeySaved: Bool
    /// Nanoseconds since 1970.
    package var created: Int64
}

/// What a key file says without its secret.
package struct KeyFileSummary: Sendable {
    package var name: String
    package var user: UserID
    /// Nanoseconds since 1970.
    package var created: Int64
    package var isProtected: Bool
}

extension Customer {
    /// Makes a new identity; its root seed stays in the home until it is saved in a key file.
    package static func create(
        home: Home, name: String, deviceName: String, adapters: Adapters
    ) throws -> Customer {
        try home.create()
        let lock = try HomeLock(home)
        guard !exists(home: home) else {
            throw Failure(
                "BD-IDENTITY-EXISTS", .cannotCreate,
                "There is an identity in \(displayText(home.path)) already",
                remedy: "use it, or name another home with --home")
        }
        let seed = RootSeed(from: adapters.random)
        let file = RootSeedFile(
            name: try displayName(name), created: adapters.time.now, seed: seed)
        // The seed first: an identity whose seed is nowhere could not be recovered.
        try FileAccess.publish(file.encoded, at: home.rootSeed)
        let machine = try enrol(
            seed, name: name, deviceName: deviceName, sequence: 1, adapters: adapters)
        try FileAccess.publish(machine.encoded, at: home.machineKeys)
        return try Customer(home: home, lock: lock, adapters: adapters, machine: machine)
    }

    /// Gives this machine a device key that the identity has certified.
    static func enrol(
        _ seed: RootSeed, name: String, deviceName: String, sequence: UInt64, adapters: Adapters
    ) throws -> MachineKeys {
        let identity = try IdentityKey(seed: seed.identitySeed)
        let deviceSeed = SecretBytes(from: adapters.random)
        let device = try DeviceKey(seed: deviceSeed)
        let certificate = try DeviceCertificate(
            device: device.publicKey, name: try displayName(deviceName),
            created: adapters.time.now, sequence: sequence, signedBy: identity)
        return MachineKeys(
            name: try displayName(name), certificate: certificate, deviceSeed: deviceSeed,
            masterKey: seed.repositoryMasterKey)
    }

    static func displayName(_ text: String) throws -> DisplayName {
        guard let name = DisplayName(text) else {
            throw Failure(
                "BD-NAME", .usage, "\"\(text)\" cannot be a name",
                remedy: "use 1 to 64 letters, digits or single spaces")
        }
        return name
    }

    package var identity: IdentitySummary {
        IdentitySummary(
            name: machine.name.text, user: owner.user,
            device: owner.device.publicKey.deviceID,
            deviceName: machine.certificate.name.text, repository: owner.keys.repository,
            isKeySaved: !FileAccess.exists(home.rootSeed),
            created: machine.certificate.created.nanoseconds)
    }

    /// Writes the key file, reads it back, and takes the root seed off this machine.
    ///
    /// - Parameter passphrase: UTF-8; `nil` for a file that whoever finds it can use.
    package func saveKeyFile(to path: [UInt8], passphrase: [UInt8]?, keepsRoot: Bool) throws {
        guard FileAccess.exists(home.rootSeed) else {
            throw Failure(
                "BD-ROOT-GONE", .failed, "The root key is not on this machine any more",
                cause: "it left when the first key file was written, so that a thief of this "
                    + "machine does not get it",
                remedy: "copy that key file; `bitdust identity check FILE` proves a copy")
        }
        let bytes = try FileAccess.read(home.rootSeed, byteCountMax: Limits.textLengthMax)
        let root: RootSeedFile
        do {
            root = try RootSeedFile(decoding: bytes)
        } catch {
            throw Failure(
                "BD-ROOT-DAMAGED", .badData, "\(displayText(home.rootSeed)) is damaged",
                cause: "\(error)", remedy: "restore the file from a copy of your home")
        }
        do {
            try KeyFile.write(
                root, passphrase: passphrase, to: path, random: adapters.random)
        } catch {
            throw Failure(keyFile: path, error)
        }
        if !keepsRoot { try FileAccess.remove(home.rootSeed) }
    }

    /// Proves that a key file can be read, without touching anything.
    package static func checkKeyFile(
        at path: [UInt8], passphrase: () throws -> [UInt8]
    ) throws -> KeyFileSummary {
        let (root, isProtected) = try readKeyFile(at: path, passphrase: passphrase)
        return KeyFileSummary(
            name: root.name.text,
            user: try IdentityKey(seed: root.seed.identitySeed).publicKey.userID,
            created: root.created.nanoseconds, isProtected: isProtected)
    }

    static func readKeyFile(
        at path: [UInt8], passphrase: () throws -> [UInt8]
    ) throws -> (root: RootSeedFile, isProtected: Bool) {
        let bytes = try FileAccess.read(path, byteCountMax: Limits.textLengthMax)
        do {
            let file = try KeyFile(bytes)
            let secret = file.isProtected ? try passphrase() : nil
            return (try file.open(passphrase: secret), file.isProtected)
        } catch let error as KeyFileError {
            throw Failure(keyFile: path, error)
        }
    }
}
