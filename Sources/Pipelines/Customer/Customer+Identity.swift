internal import Catalogs
internal import Identities
package import Model
package import Sealing
package import Suppliers

/// Who this machine acts for.
package struct IdentitySummary: Sendable {
    package var name: String
    package var user: UserID
    package var device: DeviceID
    package var deviceName: String
    package var repository: RepositoryID
    /// The root seed has left this machine for a key file.
    package var isKeySaved: Bool
    /// Nanoseconds since 1970, when this machine became one of the identity's.
    package var created: Int64
}

/// What a key file says without its secret.
package struct KeyFileSummary: Sendable {
    package var name: String
    package var user: UserID
    /// The day the identity was made, `2027-01-09`.
    package var created: String
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
        let file = KeyFile(
            name: try displayName(name),
            user: try IdentityKey(seed: seed.identitySeed)
                .publicKey.userID, created: adapters.time.now.date, seed: seed)
        // The seed first: an identity whose seed is nowhere could not be recovered.
        try FileAccess.publish(Array(file.unprotected().text.utf8), at: home.rootSeed)
        let machine = try enrol(seed, deviceName: deviceName, sequence: 1, adapters: adapters)
        let customer = try Customer(home: home, lock: lock, adapters: adapters, machine: machine)
        try customer.setName(file.name)
        // While the root is here: it may be gone when the identity is published.
        try OwnIdentity(home: home, machine: machine)
            .begin(RootAuthority(seed, user: file.user, name: name))
        try FileAccess.publish(machine.encoded, at: home.machineKeys)
        return customer
    }

    /// Makes this machine one of the identity's devices, without any of its backups: those come
    /// back by ``recover(home:keyFile:supplierDirectories:deviceName:adapters:passphrase:)``.
    package static func enrolDevice(
        home: Home, keyFile: KeyFile, deviceName: String, adapters: Adapters
    ) throws {
        try home.create()
        let lock = try HomeLock(home)
        // What an enrolment that was stopped has left is used: nothing keeps the next from ending.
        let machine = try machineForRecovery(
            keyFile, home: home, deviceName: deviceName, adapters: adapters)
        let customer = try Customer(home: home, lock: lock, adapters: adapters, machine: machine)
        defer { customer.close() }
        try customer.setName(keyFile.name)
        try FileAccess.publish(machine.encoded, at: home.machineKeys)
    }

    /// Somebody for whom the root has signed and whom no document names: for asking others before
    /// this machine is one of the identity's. Kept nowhere.
    package static func visitor(
        _ keyFile: KeyFile, adapters: Adapters
    ) throws -> SupplierCaller {
        let keys = try enrol(
            keyFile.seed, deviceName: "visitor", sequence: 0, adapters: adapters)
        return SupplierCaller(
            certificate: try DeviceCertificate(decoding: keys.certificate),
            device: try DeviceKey(seed: keys.deviceSeed))
    }

    /// Gives this machine a device key that the identity has certified.
    static func enrol(
        _ seed: RootSeed, deviceName: String, sequence: UInt64, adapters: Adapters
    ) throws -> MachineKeys {
        let identity = try IdentityKey(seed: seed.identitySeed)
        let deviceSeed = SecretBytes(from: adapters.random)
        let device = try DeviceKey(seed: deviceSeed)
        let certificate = try DeviceCertificate(
            device: device.publicKey, name: try displayName(deviceName),
            created: adapters.time.now, sequence: sequence, signedBy: identity)
        return MachineKeys(
            user: identity.publicKey.userID, identityPublicKey: identity.publicKey.bytes,
            deviceSeed: deviceSeed, repositoryMasterKey: seed.repositoryMasterKey,
            certificate: certificate.encoded)
    }

    static func displayName(_ text: String) throws -> DisplayName {
        guard let name = DisplayName(text) else {
            throw Failure(
                "BD-NAME", .usage, "\"\(text)\" cannot be a name",
                remedy: "use up to \(Limits.displayNameLengthMax) letters, digits and single spaces"
            )
        }
        return name
    }

    func setName(_ name: DisplayName) throws {
        try catalog.set("identity name", to: Array(name.text.utf8))
    }

    package var identity: IdentitySummary {
        let name = (try? catalog.setting("identity name")) ?? nil
        return IdentitySummary(
            name: name.map { String(decoding: $0, as: UTF8.self) } ?? owner.user.short,
            user: owner.user, device: owner.device.publicKey.deviceID,
            deviceName: certificate.name.text, repository: owner.keys.repository,
            isKeySaved: !FileAccess.exists(home.rootSeed),
            created: certificate.created.nanoseconds)
    }

    /// Writes the key file, reads it back, and takes the root seed off this machine.
    ///
    /// - Parameters:
    ///   - passphrase: UTF-8; `nil` for a file that whoever finds it can use.
    ///   - sources: where the identity document is published, a hint for recovery.
    package func saveKeyFile(
        to path: [UInt8], passphrase: [UInt8]?, keepsRoot: Bool, sources: [String] = []
    ) throws {
        guard FileAccess.exists(home.rootSeed) else {
            throw Failure(
                "BD-ROOT-GONE", .failed, "The root key is not on this machine any more",
                cause: "it left when the first key file was written, so that a thief of this "
                    + "machine does not get it",
                remedy: "copy that key file; `bitdust identity check FILE` proves a copy")
        }
        let (root, _) = try Customer.readKeyFile(at: home.rootSeed) { [] }
        let text: KeyFileText
        if let passphrase {
            text = try root.sealed(
                passphrase: try Customer.text(passphrase), random: adapters.random)
        } else {
            text = root.unprotected()
        }
        let hint = sources.isEmpty ? "" : "Sources: " + sources.joined(separator: " ") + "\n"
        do {
            try SecretFile.create(
                Array((text.text + hint + supplierHint()).utf8),
                at: String(decoding: path, as: UTF8.self))
        } catch {
            throw Failure(
                "BD-KEY-FILE-WRITE", .cannotCreate,
                "The key file \(displayText(path)) cannot be written", cause: error.reason,
                remedy: "name a file that is not there yet, on a disk that can be written")
        }
        if !keepsRoot { try FileAccess.remove(home.rootSeed) }
    }

    /// Proves that a key file can be read, without touching anything.
    package static func checkKeyFile(
        at path: [UInt8], passphrase: () throws -> [UInt8]
    ) throws -> KeyFileSummary {
        let (root, isProtected) = try readKeyFile(at: path, passphrase: passphrase)
        return KeyFileSummary(
            name: root.name.text, user: root.user, created: "\(root.created)",
            isProtected: isProtected)
    }

    static func readKeyFile(
        at path: [UInt8], passphrase: () throws -> [UInt8]
    ) throws -> (root: KeyFile, isProtected: Bool) {
        let bytes = try FileAccess.read(path, byteCountMax: 64 << 10)
        do {
            let file = try KeyFileText(parsing: bytes)
            let secret = file.isProtected ? try text(try passphrase()) : nil
            let root = try file.open(passphrase: secret)
            guard try IdentityKey(seed: root.seed.identitySeed).publicKey.userID == root.user
            else { throw KeyFileError.badHeader(name: "Identity") }
            return (root, file.isProtected)
        } catch let error as KeyFileError {
            throw Failure(keyFile: path, error)
        }
    }

    private static func text(_ passphrase: [UInt8]) throws -> String {
        guard let text = String(validating: passphrase, as: UTF8.self) else {
            throw Failure(
                "BD-PASSPHRASE-TEXT", .usage, "The passphrase is not UTF-8 text",
                remedy: "use a passphrase of ordinary characters")
        }
        return text
    }
}

extension Failure {
    init(keyFile path: [UInt8], _ error: KeyFileError) {
        let file = displayText(path)
        switch error {
        case .wrongPassphrase:
            self.init(
                "BD-WRONG-PASSPHRASE", .wrongPassphrase, "The passphrase does not open \(file)",
                remedy: "try again: capitals and spaces count")
        case .badLine(let number):
            self.init(
                "BD-KEY-FILE", .badData, "Line \(number) of \(file) is mistyped",
                cause: "its check does not fit",
                remedy: "compare line \(number) with the original, letter by letter")
        case .missingLine(let number):
            self.init(
                "BD-KEY-FILE", .badData, "Line \(number) of \(file) is missing",
                remedy: "copy all numbered lines")
        case .repeatedLine(let number):
            self.init(
                "BD-KEY-FILE", .badData, "Line \(number) of \(file) is there twice and differs",
                remedy: "keep the one of the original")
        default:
            self.init(
                "BD-KEY-FILE", .badData, "\(file) is not a key file that can be used",
                cause: error.reason, remedy: "compare it with the original, or use another copy")
        }
    }
}

extension KeyFileError {
    fileprivate var reason: String {
        switch self {
        case .tooLong(_, let limit): "it is longer than \(limit) bytes"
        case .notAKeyFile: "its first line is not that of a key file"
        case .unsupportedVersion(let version):
            "it has version \(version), which this program does not know"
        case .missingHeader(let name): "the line \"\(name):\" is missing"
        case .badHeader(let name): "the line \"\(name):\" does not read"
        case .badCheck: "its last line, the check of the whole, does not fit"
        case .costTooHigh: "opening it would take more memory than a key file may ask for"
        case .passphraseNeeded: "it needs its passphrase"
        case .cipherUnavailable: "there is not enough memory to open it"
        case .badLine, .missingLine, .repeatedLine, .wrongPassphrase: "\(self)"
        }
    }
}
