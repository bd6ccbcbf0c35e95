package import Model

/// The id and the contacts of a node, for its next run.
///
/// ```
/// offset   length  field
/// 0        8       magic "BDDHTC01"
/// 8        20      own id
/// 28       4       n, at most 2048
/// 32       n times:
///          20      id, above that of the contact before
///          1       4 or 6: the kind of address
///          4/16    address, network order
///          2       port, not 0
///          4       CRC-32C of all before
/// ```
///
/// Integers are little-endian. docs/formats/dht-contacts.md.
/// Golden file: `fixtures/dht/contacts-v1.bin`.
package struct SavedContacts: Equatable, Sendable {
    package let own: NodeID
    /// Ascending by id.
    package let contacts: [Contact]

    private static let format = "DHT contacts"
    private static let magic: StaticString = "BDDHTC01"

    /// Keeps one contact of each id, and at most 2048 of them.
    package init(own: NodeID, contacts: [Contact]) {
        self.own = own
        var kept: [Contact] = []
        for contact in contacts.sorted(by: { $0.id < $1.id }) where kept.last?.id != contact.id {
            kept.append(contact)
        }
        self.contacts = Array(kept.prefix(Limits.savedContactCountMax))
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 36 + contacts.count * 43)
        writer.magic(SavedContacts.magic)
        writer.raw(own.bytes)
        writer.integer(UInt32(contacts.count))
        for contact in contacts {
            writer.raw(contact.id.bytes)
            writer.byte(contact.endpoint.address.isV6 ? 6 : 4)
            writer.raw(contact.endpoint.address.bytes)
            writer.integer(contact.endpoint.port)
        }
        writer.checksum()
        return writer.bytes
    }

    /// - Throws: any ``FormatError``.
    package init(decoding bytes: [UInt8]) throws(FormatError) {
        let format = SavedContacts.format
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(SavedContacts.magic)
        own = try SavedContacts.id(&reader)
        let count = try reader.count(limit: Limits.savedContactCountMax, field: "count")
        var contacts: [Contact] = []
        for _ in 0..<count {
            let id = try SavedContacts.id(&reader)
            if let last = contacts.last, !(last.id < id) {
                throw .invalid(format: format, field: "order")
            }
            contacts.append(
                Contact(id: id, endpoint: try SavedContacts.endpoint(&reader)))
        }
        try reader.finish()
        self.contacts = contacts
    }

    private static func id(_ reader: inout ByteReader) throws(FormatError) -> NodeID {
        guard let id = NodeID(try reader.take(NodeID.byteCount)) else {
            throw .invalid(format: format, field: "id")
        }
        return id
    }

    private static func endpoint(_ reader: inout ByteReader) throws(FormatError) -> Endpoint {
        let kind = try reader.byte()
        guard kind == 4 || kind == 6 else { throw .invalid(format: format, field: "kind") }
        let address = IPAddress(bytes: try reader.take(kind == 4 ? 4 : 16))
        // An IPv4 address written as IPv6 would be a second encoding of it.
        guard let address, address.isV6 == (kind == 6) else {
            throw .invalid(format: format, field: "address")
        }
        let port = try reader.integer(UInt16.self)
        guard port > 0 else { throw .invalid(format: format, field: "port") }
        return Endpoint(address, port: port)
    }
}
