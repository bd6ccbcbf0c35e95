internal import APIModel
internal import Identities
internal import IdentityServers
internal import Model
internal import Networking
internal import Pipelines
internal import Sealing
internal import Services

/// Who this node is: creates the identity, publishes its document, keeps the newest one.
actor LocalIdentity {
    private let machine: MachineIdentity
    private let exchange: NodeExchange
    private let setting: NodeSetting
    private(set) var document: IdentityDocument?
    private var isRegistering = false
    /// Told of every new document.
    private var listeners: [@Sendable (IdentityDocument) async -> Void] = []
    /// Told of keys that have no document yet.
    private var keyListeners: [@Sendable () async -> Void] = []

    init(machine: MachineIdentity, exchange: NodeExchange, setting: NodeSetting) throws {
        self.machine = machine
        self.exchange = exchange
        self.setting = setting
        document = try machine.document()
    }

    func whenChanged(_ listener: @escaping @Sendable (IdentityDocument) async -> Void) {
        listeners.append(listener)
    }

    func whenKeysMade(_ listener: @escaping @Sendable () async -> Void) {
        keyListeners.append(listener)
    }

    /// Whether there is an identity, published or not.
    var hasKeys: Bool { machine.hasKeys }

    /// Makes an identity of the user's name when there is none, to be published or not later.
    func ensureKeys() async throws -> UserID {
        try machine.ensureKeys()
        let user = try machine.keys().user
        if document == nil { for listener in keyListeners { await listener() } }
        return user
    }

    /// What a registration needs to know of the configuration.
    struct Plan: Sendable {
        var known: [KnownServer]
        var preferred: [KnownServer]
        var serverCounts: ClosedRange<Int>
        var contacts: ContactChoice
        var states: StateRegistry
    }

    /// Registers a name at identity servers and keeps the document.
    ///
    /// - Throws: `BD-IDENTITY-EXISTS`, `BD-NAME`, ``RegistrationError``.
    func create(_ text: String, plan: Plan) async throws -> IdentityDocument {
        guard document == nil, !isRegistering else {
            throw Failure(
                "BD-IDENTITY-EXISTS", .cannotCreate, "local identity already exist",
                remedy: "use it, or name another home with --home")
        }
        guard let name = IdentityName(text) else {
            throw Failure(
                "BD-NAME", .usage, "invalid user name",
                cause: "a name has 3 to 20 of a-z, 0-9, _ and -, the first a letter")
        }
        isRegistering = true
        defer { isRegistering = false }
        try machine.makeKeys(named: name)
        let candidates = Registration.shuffled(
            plan.known, preferred: plan.preferred, random: setting.random)
        let registration = Registration(
            name: name, user: try machine.keys().user, candidates: candidates,
            serverCounts: plan.serverCounts, contacts: plan.contacts)
        let state = plan.states.register("id_registrator", state: registration.stateName)
        let document = try await Registration.perform(registration, over: exchange) { plan in
            state.enter("SEND_ID")
            return try sign(plan)
        }
        state.enter("DONE")
        try await adopt(document)
        return document
    }

    /// Makes this machine one of the devices of an identity that there is.
    ///
    /// - Throws: `BD-IDENTITY-EXISTS`, and what ``RootActions/recover(_:sources:peers:)`` throws.
    func recover(
        _ root: KeyFileContents, sources: [Source], by actions: RootActions
    ) async throws -> IdentityDocument {
        guard document == nil, !isRegistering else {
            throw Failure(
                "BD-IDENTITY-EXISTS", .cannotCreate, "local identity already exist",
                remedy: "name another home with --home")
        }
        isRegistering = true
        defer { isRegistering = false }
        let recovered = try await actions.recover(root, sources: sources).document
        try await adopt(recovered)
        return recovered
    }

    /// Keeps a document that is newer than the one here.
    func adopt(_ document: IdentityDocument) async throws {
        try machine.save(document)
        try machine.savePointer(to: document)
        self.document = document
        for listener in listeners { await listener(document) }
    }

    /// Signs what `plan` says, keeps it when there is a document already, and hands it back.
    func sign(_ plan: DocumentPlan) throws -> IdentityDocument {
        let signed = try make(plan)
        if document != nil {
            try machine.save(signed)
            try machine.savePointer(to: signed)
            document = signed
        }
        return signed
    }

    private func make(_ plan: DocumentPlan) throws -> IdentityDocument {
        let date = setting.time.now.date
        let version = "bitdust \(ProgramVersion.current)"
        let key = try machine.documentKey()
        guard let previous = plan.previous else {
            let content = IdentityContent(
                sources: plan.sources, contacts: plan.contacts, date: date, version: version)
            return try IdentityDocument.first(
                content, keys: try machine.firstKeys(), signedBy: key)
        }
        return try previous.updated(signedBy: key) { content in
            content.sources = plan.sources
            content.contacts = plan.contacts
            content.date = date
            content.version = version
        }
    }

    /// Says in the document that this node answers at a port, when it says something else.
    ///
    /// - Parameter external: the address under which others reach it; `nil` leaves those that are
    ///   there.
    func answers(at port: UInt16, external: IPAddress?) async throws {
        guard let document else { return }
        var contacts: [Contact] = []
        for contact in document.content.contacts {
            let fresh =
                contact.transport == "tcp"
                ? Contact(
                    transport: "tcp", host: external.map { .address($0) } ?? contact.host,
                    port: port) : contact
            if !contacts.contains(fresh) { contacts.append(fresh) }
        }
        guard contacts != document.content.contacts else { return }
        let date = setting.time.now.date
        try await adopt(
            document.updated(signedBy: machine.documentKey()) { content in
                content.contacts = contacts
                content.date = date
            })
    }

    /// What this node shows when it opens a session.
    func sessionIdentity(random: any RandomSource) throws -> SessionIdentity {
        let (certificate, key) = try deviceKeys()
        return try SessionIdentity(certificate: certificate, deviceKey: key, random: random)
    }

    /// This device, and what makes it one of the identity's.
    func deviceKeys() throws -> (certificate: DeviceCertificate, key: DeviceKey) {
        let keys = try machine.keys()
        return (
            try DeviceCertificate(decoding: keys.certificate), try DeviceKey(seed: keys.deviceSeed)
        )
    }

    /// Writes a key file without passphrase. The root stays: who calls the interface again with
    /// another path gets another copy.
    func backUp(to path: String) throws {
        let text = try machine.keyFileText(sources: document?.content.sources ?? [])
        try KeyFileTarget.create(text, at: path)
    }
}
