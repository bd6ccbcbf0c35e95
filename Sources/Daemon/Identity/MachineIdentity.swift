internal import Glibc
internal import Identities
internal import Model
internal import Pipelines
internal import Sealing

/// The keys of this machine in the files of a home, and the documents that they sign.
struct MachineIdentity: Sendable {
    let home: NodeHome
    let setting: NodeSetting

    private var machineKeys: String { "\(home.path)/identity/machine.keys" }
    private var rootSeed: String { "\(home.path)/identity/root.seed" }
    private var customerHome: Home { Home(path: Array(home.path.utf8)) }

    var hasKeys: Bool { access(machineKeys, F_OK) == 0 }
    var hasRoot: Bool { access(rootSeed, F_OK) == 0 }

    /// Makes the keys of a new identity unless there are some.
    func makeKeys(named name: IdentityName) throws {
        guard !hasKeys else { return }
        try Customer.create(
            home: customerHome, name: name.text, deviceName: setting.deviceName,
            adapters: setting.adapters
        ).close()
    }

    /// The same for one that has no public name yet.
    func ensureKeys() throws {
        guard !hasKeys else { return }
        try Customer.create(
            home: customerHome, name: setting.userName, deviceName: setting.deviceName,
            adapters: setting.adapters
        ).close()
    }

    func keys() throws -> MachineKeys {
        let bytes = try HomeFile.read(machineKeys, limit: Limits.machineKeysLengthMax)
        do {
            return try MachineKeys(decoding: bytes)
        } catch {
            throw Failure(
                "BD-MACHINE-KEYS", .badData, "\(machineKeys) is damaged", cause: "\(error)",
                remedy: "move it aside and run `bitdust recover` with your key file")
        }
    }

    /// - Throws: `BD-ROOT-GONE` when the root has left this machine.
    func root() throws -> KeyFile {
        guard hasRoot else {
            throw Failure(
                "BD-ROOT-GONE", .failed, "The root key is not on this machine any more",
                cause: "it left when the key file was written",
                remedy: "name the key file")
        }
        let bytes = try HomeFile.read(rootSeed, limit: Limits.keyFileLengthMax)
        return try KeyFileText(parsing: bytes).open(passphrase: nil)
    }

    func documentKey() throws -> DocumentKey {
        .device(try DeviceKey(seed: try keys().deviceSeed))
    }

    /// The first statement of the root: this machine is its only device.
    func firstKeys() throws -> IdentityKeys {
        let seed = try root().seed
        let certificate = try DeviceCertificate(decoding: try keys().certificate)
        guard let xWing = XWingPublicKey(try seed.grantPublicKey()) else {
            throw Failure("BD-BUG", .software, "the X-Wing key of the root is none")
        }
        let next = try IdentityKey(seed: seed.identitySeed(generation: 1)).publicKey
        return try IdentityKeys.first(
            root: try IdentityKey(seed: seed.identitySeed), next: next, xWing: xWing,
            certificates: [certificate])
    }

    /// The document on this machine; `nil` when there is none.
    ///
    /// - Throws: `BD-FILE`, or `BD-IDENTITY-DOCUMENT` when it is damaged.
    func document() throws -> IdentityDocument? {
        let path = home.identityDocument
        guard
            let bytes = try HomeFile.readIfThere(path, limit: Limits.identityDocumentLengthMax)
        else { return nil }
        do {
            return try IdentityDocument(decoding: bytes)
        } catch {
            throw Failure(
                "BD-IDENTITY-DOCUMENT", .badData, "\(path) is damaged", cause: "\(error)",
                remedy: "move it aside; `bitdust recover` fetches it from an identity server")
        }
    }

    /// Leaves the pointer to the document for the DHT, while the root is at hand to sign it.
    ///
    /// - Parameter root: `nil` for the one on this machine, without which nothing is done: the
    ///   pointer that there is goes on being repeated.
    func savePointer(to document: IdentityDocument, root: RootSeed? = nil) throws {
        guard let seed = try root ?? (hasRoot ? self.root().seed : nil) else { return }
        let item = try PointerItem(
            document, signedBy: try IdentityKey(seed: seed.identitySeed))
        try HomeFile.write(item.encoded, to: PointerItem.Kind.identity.path(home))
    }

    func save(_ document: IdentityDocument) throws {
        try HomeFile.write(document.bytes, to: home.identityDocument)
    }

    /// The text of a key file without passphrase, with the sources as a hint for recovery.
    func keyFileText(sources: [Source]) throws -> String {
        let text = try root().unprotected().text
        guard !sources.isEmpty else { return text }
        return text + "Sources: " + sources.map(\.description).joined(separator: " ") + "\n"
    }
}
