package import Model

/// What a device may say in a document without the root.
package struct IdentityContent: Hashable, Sendable {
    /// Where the document is published; the first is the user's public name. All have one name.
    package var sources: [Source]
    /// How the node is reached, best first.
    package var contacts: [Contact]
    /// A label for people, like every date.
    package var date: CalendarDate
    /// Free text: the program that wrote it.
    package var version: String
    /// One more at every rebuild.
    package var revision: UInt32
    /// Digest of the document before; zero for the first.
    package var previous: Bytes32

    package init(
        sources: [Source], contacts: [Contact], date: CalendarDate, version: String,
        revision: UInt32 = 0, previous: Bytes32 = .zero
    ) {
        self.sources = sources
        self.contacts = contacts
        self.date = date
        self.version = version
        self.revision = revision
        self.previous = previous
    }

    /// `scrubbers` and `postage` say nothing; they are there for readers that expect them.
    var elements: [MarkupElement] {
        [
            MarkupElement("sources", of: "source", sources.map(\.description)),
            MarkupElement("contacts", of: "contact", contacts.map(\.description)),
            MarkupElement("scrubbers"),
            MarkupElement("postage", text: "1"),
            MarkupElement("date", text: DocumentDate.text(date)),
            MarkupElement("version", text: version),
            MarkupElement("revision", text: "\(revision)"),
            MarkupElement("previous", text: Hex.encode(previous.array)),
        ]
    }
}

/// Dates as they are written in documents: `Nov 21, 2026`.
package enum DocumentDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    package static func text(_ date: CalendarDate) -> String {
        "\(months[date.month - 1]) \(padded(date.day, 2)), \(padded(date.year, 4))"
    }

    static func date(_ text: String) -> CalendarDate? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, let month = months.firstIndex(where: { $0 == parts[0] }),
            parts[1].hasSuffix(",")
        else { return nil }
        return CalendarDate("\(parts[2])-\(padded(month + 1, 2))-\(parts[1].dropLast())")
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

/// Takes the elements of a document apart, in the order in which they are written.
struct DocumentFields {
    static let keyPrefix = "ed25519 "
    private static let names = [
        "sources", "contacts", "scrubbers", "postage", "date", "version", "revision", "previous",
        "certificates", "publickey", "keys", "signer", "signature",
    ]

    private let elements: [String: MarkupElement]
    private let format: String

    init(_ root: MarkupElement, format: String) throws(FormatError) {
        guard root.name == "identity", root.children.map(\.name) == DocumentFields.names else {
            throw .invalid(format: format, field: "elements")
        }
        self.format = format
        elements = Dictionary(
            root.children.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func content() throws(FormatError) -> IdentityContent {
        let sources = try values(of: "sources", "source", limit: Limits.identitySourceCountMax) {
            Source($0)
        }
        guard Set(sources).count == sources.count, Set(sources.map(\.name)).count == 1 else {
            throw invalid("sources")
        }
        let contacts = try values(
            of: "contacts", "contact", limit: Limits.identityContactCountMax
        ) { Contact($0) }
        guard Set(contacts).count == contacts.count, !contacts.isEmpty else {
            throw invalid("contacts")
        }
        let version = text("version")
        guard version.utf8.count <= Limits.identityVersionLengthMax else {
            throw invalid("version")
        }
        guard let date = DocumentDate.date(text("date")) else { throw invalid("date") }
        guard let revision = UInt32(text("revision")) else { throw invalid("revision") }
        return IdentityContent(
            sources: sources, contacts: contacts, date: date, version: version,
            revision: revision, previous: try bytes32(text("previous"), "previous"))
    }

    func keys() throws(FormatError) -> IdentityKeys {
        let certificates = try values(
            of: "certificates", "certificate", limit: Limits.identityDeviceCountMax
        ) { Base64.decode($0).flatMap { try? DeviceCertificate(decoding: $0) } }
        guard let bytes = Base64.decode(text("keys")) else { throw invalid("keys") }
        return try IdentityKeys(decoding: bytes, certificates: certificates)
    }

    func signer() throws(FormatError) -> DocumentSigner {
        let parts = text("signer").split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw invalid("signer") }
        let bytes = try bytes32(parts[1], "signer")
        if parts[0] == "root", let key = IdentityPublicKey(bytes) { return .root(key) }
        if parts[0] == "device", let key = DevicePublicKey(bytes) { return .device(key) }
        throw invalid("signer")
    }

    func signature() throws(FormatError) -> Signature {
        guard let bytes = Hex.decode(text("signature")), let signature = Signature(bytes) else {
            throw invalid("signature")
        }
        return signature
    }

    private func text(_ name: String) -> String { elements[name]?.text ?? "" }

    private func values<Value>(
        of name: String, _ kind: String, limit: Int, _ read: (String) -> Value?
    ) throws(FormatError) -> [Value] {
        let children = elements[name]?.children ?? []
        guard children.count <= limit else {
            throw .limitExceeded(
                format: format, field: name, value: UInt64(children.count), limit: UInt64(limit))
        }
        var values: [Value] = []
        for child in children {
            guard child.name == kind, let value = read(child.text) else { throw invalid(kind) }
            values.append(value)
        }
        return values
    }

    private func bytes32(
        _ text: some StringProtocol, _ field: String
    ) throws(FormatError) -> Bytes32 {
        guard let array = Hex.decode(text), let bytes = Bytes32(array) else {
            throw invalid(field)
        }
        return bytes
    }

    private func invalid(_ field: String) -> FormatError {
        .invalid(format: format, field: field)
    }
}
