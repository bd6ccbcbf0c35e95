package import Identities
package import Model
internal import Sealing

/// What a machine needs to speak as its user: the device key, what the root has said, and the
/// newest document. Needs no root, no catalog and no supplier.
///
/// ```
/// identity/machine.keys   the device key and its certificate
/// identity/root.keys      what the root said when this machine became one of the user's
/// identity/document.xml   the newest document, also while no server has it
/// ```
///
/// Thread rules: one writer of a home at a time, as for all of it.
package struct OwnIdentity: Sendable {
    package let user: UserID
    package let device: DeviceKey
    package let certificate: DeviceCertificate
    private let home: Home

    /// Reads the keys of a home.
    package init(home: Home) throws {
        do {
            let bytes = try FileAccess.read(
                home.machineKeys, byteCountMax: Limits.machineKeysLengthMax)
            let machine = try MachineKeys(decoding: bytes)
            try self.init(home: home, machine: machine)
        } catch let error as FormatError {
            throw OwnIdentity.damaged(home.machineKeys, error)
        }
    }

    init(home: Home, machine: MachineKeys) throws {
        self.home = home
        user = machine.user
        device = try DeviceKey(seed: machine.deviceSeed)
        certificate = try DeviceCertificate(decoding: machine.certificate)
    }

    // MARK: Reading

    /// What the root says of this user, as far as this machine knows.
    package func keys() throws -> IdentityKeys {
        if let document = try document() { return document.keys }
        if FileAccess.exists(home.rootKeys) {
            let bytes = try FileAccess.read(
                home.rootKeys, byteCountMax: Limits.identityDocumentLengthMax)
            do {
                let keys = try IdentityKeys(decoding: bytes, certificates: [certificate])
                if keys.userID == user { return keys }
                throw FormatError.invalid(format: "identity keys", field: "user")
            } catch let error as FormatError {
                throw OwnIdentity.damaged(home.rootKeys, error)
            }
        }
        // A home from before there were documents.
        let keys = try RootAuthority(home: home).firstKeys(certificate)
        try FileAccess.publish(keys.encoded, at: home.rootKeys)
        return keys
    }

    /// The newest document of this user that this machine knows; `nil` when there was none.
    package func document() throws -> IdentityDocument? {
        guard FileAccess.exists(home.identityDocument) else { return nil }
        let bytes = try FileAccess.read(
            home.identityDocument, byteCountMax: Limits.identityDocumentLengthMax)
        do {
            return try IdentityDocument(decoding: bytes)
        } catch {
            throw OwnIdentity.damaged(home.identityDocument, error)
        }
    }

    // MARK: Writing

    /// Notes what the root says of a machine that has just become one of the user's.
    func begin(_ root: RootAuthority) throws {
        try FileAccess.publish(try root.firstKeys(certificate).encoded, at: home.rootKeys)
    }

    /// Signs the next document with this machine's device key; it is not kept yet.
    ///
    /// - Parameter previous: the document that it follows, when a server has a newer one than this
    ///   machine.
    package func sign(
        sources: [Source], contacts: [Contact], previous: IdentityDocument? = nil,
        date: CalendarDate
    ) throws -> IdentityDocument {
        let version = "bitdust \(ProgramVersion.current)"
        let known = try document()
        let isAhead = previous.map { $0.order.sequence > known?.order.sequence ?? 0 } ?? false
        guard let base = isAhead ? previous : known ?? previous else {
            let content = IdentityContent(
                sources: sources, contacts: contacts, date: date, version: version)
            return try IdentityDocument.first(
                content, keys: try keys(), signedBy: .device(device))
        }
        return try base.updated(signedBy: .device(device)) { content in
            content.sources = sources
            content.contacts = contacts
            content.date = date
            content.version = version
        }
    }

    /// Signs a document with what the root says now: another device, one less, another root key.
    package func sign(_ keys: IdentityKeys, date: CalendarDate) throws -> IdentityDocument {
        guard let known = try document() else {
            throw Failure(
                "BD-NO-DOCUMENT", .noIdentity, "This identity is not published yet",
                remedy: "publish it first: bitdust identity create")
        }
        return try known.updated(keys: keys, signedBy: .device(device)) { $0.date = date }
    }

    /// Makes this machine one of the devices of a document that was found, as after a recovery.
    package func join(
        _ found: IdentityDocument, with root: RootAuthority, date: CalendarDate
    ) throws -> IdentityDocument {
        let keys = try root.adding(certificate, to: found.keys)
        return try found.updated(keys: keys, signedBy: .device(device)) { $0.date = date }
    }

    /// Keeps a document on the disk; before it is published, so that no revision is used twice.
    ///
    /// - Throws: ``SuccessionError`` for one that may not follow what is there.
    package func keep(_ document: IdentityDocument) throws {
        guard document.userID == user else {
            throw SuccessionError.otherUser(document.userID)
        }
        if let known = try self.document() {
            guard try Succession.judge(document, after: known) != .same else { return }
        }
        try FileAccess.publish(document.bytes, at: home.identityDocument)
    }

    private static func damaged(_ path: [UInt8], _ error: FormatError) -> Failure {
        Failure(
            "BD-IDENTITY-FILE", .badData, "\(displayText(path)) is damaged", cause: "\(error)",
            remedy: "move it aside; if that does not help, recover with your key file")
    }
}

extension Home {
    var rootKeys: [UInt8] { joinPath(path, Array("identity/root.keys".utf8)) }
    var identityDocument: [UInt8] { joinPath(path, Array("identity/document.xml".utf8)) }
}
