package import Identities
internal import IdentityServers
package import Model
internal import Networking
internal import Pipelines
internal import Sealing
internal import Services

/// What needs the root key: rotating it, adding and revoking devices. On the files of a home; a
/// node that runs takes the new document over when it is started again.
package struct RootActions: Sendable {
    private let home: NodeHome
    private let setting: NodeSetting
    private let machine: MachineIdentity

    package init(home: NodeHome, setting: NodeSetting) {
        self.home = home
        self.setting = setting
        machine = MachineIdentity(home: home, setting: setting)
    }

    /// How many of the document's sources took it.
    package struct Published: Sendable {
        package let document: IdentityDocument
        package let serverCount: Int
        package let sourceCount: Int
    }

    package var document: IdentityDocument? { get throws { try machine.document() } }
    package var hasRoot: Bool { machine.hasRoot }

    /// The device of this machine.
    package var device: DeviceID {
        get throws {
            try DeviceCertificate(decoding: try machine.keys().certificate).device.deviceID
        }
    }

    /// Puts the next root key in the place of the one in use.
    ///
    /// - Parameter root: `nil` when it lies on this machine.
    package func rotate(_ root: KeyFileContents?) async throws -> Published {
        let (document, seed) = try both(root)
        let generation = document.keys.history.generations.count
        guard generation < Limits.identityGenerationCountMax else {
            throw Failure(
                "BD-ROTATIONS", .failed, "this identity has used up its root keys",
                cause: "there are \(Limits.identityGenerationCountMax) in all",
                remedy: "make a new identity and tell your friends")
        }
        let keys = try document.keys.rotating(
            from: try IdentityKey(seed: seed.identitySeed(generation: generation - 1)),
            to: try IdentityKey(seed: seed.identitySeed(generation: generation)),
            next: try IdentityKey(seed: seed.identitySeed(generation: generation + 1)).publicKey)
        return try await publish(
            try document.updated(keys: keys, signedBy: try machine.documentKey(), dated), seed)
    }

    /// Leaves a device out: what it signs from now on is not the user's.
    package func revoke(_ device: DeviceID, _ root: KeyFileContents?) async throws -> Published {
        let (document, seed) = try both(root)
        guard try device != self.device else {
            throw Failure(
                "BD-DEVICE-OWN", .usage, "this machine cannot revoke itself",
                remedy: "do it on another machine of yours")
        }
        let key = try currentRoot(seed, document)
        let keys = try document.keys.revoking(device, signedBy: key)
        return try await publish(
            try document.updated(keys: keys, signedBy: try machine.documentKey(), dated), seed)
    }

    private func both(
        _ root: KeyFileContents?
    ) throws -> (document: IdentityDocument, seed: RootSeed) {
        guard let document = try machine.document() else {
            throw Failure(
                "BD-NO-IDENTITY", .noIdentity, "This node has no published identity",
                remedy: "create one with `bitdust identity create NAME`")
        }
        return (document, try root?.file.seed ?? machine.root().seed)
    }

    private func currentRoot(
        _ seed: RootSeed, _ document: IdentityDocument
    ) throws -> IdentityKey {
        let generation = document.keys.history.generations.count - 1
        return try IdentityKey(seed: seed.identitySeed(generation: generation))
    }

    private func dated(_ content: inout IdentityContent) {
        content.date = setting.time.now.date
    }

    // MARK: A new machine

    /// Makes this machine one of the identity's devices.
    ///
    /// The document is looked for at `sources`, at those that the key file names, and under its
    /// name at the identity servers of the configuration; where the DHT says that it is published;
    /// then at nodes: `peers`, those that the key file names, and those of the network.
    ///
    /// - Parameter peers: `host` or `host:port`.
    /// - Throws: `BD-IDENTITY-EXISTS`, `BD-IDENTITY-NOT-FOUND`, `BD-PLACE`.
    package func recover(
        _ root: KeyFileContents, sources: [Source], peers: [String] = []
    ) async throws -> Published {
        try home.create()
        guard try machine.document() == nil else {
            throw Failure(
                "BD-IDENTITY-EXISTS", .cannotCreate,
                "There is an identity in \(home.path) already",
                remedy: "recover into an empty home: --home DIR")
        }
        let known = try configuredSources(root)
        let found = try await search(root, at: sources + root.sources + known, peers)
        try Customer.enrolDevice(
            home: Home(path: Array(home.path.utf8)), keyFile: root.file,
            deviceName: setting.deviceName, adapters: setting.adapters)
        let certificate = try DeviceCertificate(decoding: try machine.keys().certificate)
        let keys = try found.keys.adding(
            certificate, signedBy: try currentRoot(root.file.seed, found))
        let document = try found.updated(keys: keys, signedBy: try machine.documentKey(), dated)
        // Before the document: where that lies, another try has nothing left to do.
        try machine.savePointer(to: document, root: root.file.seed)
        return try await publish(document, root.file.seed)
    }

    private func search(
        _ root: KeyFileContents, at sources: [Source], _ peers: [String]
    ) async throws -> IdentityDocument {
        let user = root.file.user
        let network = CustomerNetwork(home: home, setting: setting)
        let found = try await withExchange { exchange -> IdentityDocument? in
            let search = DocumentSearch(exchange: exchange)
            if let found = await search.newest(of: user, at: sources) { return found }
            let others = await network.sources(
                of: try IdentityKey(seed: root.file.seed.identitySeed).publicKey)
            if let found = await search.newest(of: user, at: others) { return found }
            return try await network.document(root, at: peers)
        }
        await network.close()
        guard let found else {
            throw Failure(
                "BD-IDENTITY-NOT-FOUND", .unreachable,
                "nobody who was asked has the document of \(user.short)",
                cause: sources.isEmpty
                    ? "no identity server is known, and no node has it"
                    : "asked " + sources.map(\.description).joined(separator: ", ")
                        + ", the DHT and nodes that are known",
                remedy: "join the network first, or name a source with --idurl "
                    + "http://HOST/NAME.xml or a node that knows you with --peer HOST")
        }
        return found
    }

    private func configuredSources(_ root: KeyFileContents) throws -> [Source] {
        let configuration = try NodeConfiguration(home: home, environment: setting.environment)
        let network = try NetworkStore(home: home).current
        guard let name = IdentityName(root.file.name.text) else { return [] }
        return Publishing(values: configuration.values, network: network).knownServers.map {
            $0.source(of: name)
        }
    }

    // MARK: Publishing

    /// Keeps the document before anyone sees it: a device must never sign two of one revision.
    private func publish(_ document: IdentityDocument, _ root: RootSeed) async throws -> Published {
        try machine.save(document)
        try machine.savePointer(to: document, root: root)
        let results = try await withExchange { exchange in
            await exchange.perform(
                document.content.sources.map { ServerCall(post: $0.serverURL, document.bytes) },
                deadline: Limits.identityServerDeadline)
        }
        let taken = results.count { result in
            if case .success(let answer) = result { answer.status == 200 } else { false }
        }
        return Published(
            document: document, serverCount: taken,
            sourceCount: document.content.sources.count)
    }

    private func withExchange<Value: Sendable>(
        _ body: (NodeExchange) async throws -> Value
    ) async throws -> Value {
        let threads = NetworkThreads()
        let client = HTTPClient(
            threads: threads, resolver: SystemNameResolver(time: setting.time),
            silence: setting.silence
        ) { _ in true }
        do {
            let value = try await body(NodeExchange(client: client))
            await threads.stop()
            return value
        } catch {
            await threads.stop()
            throw error
        }
    }
}
