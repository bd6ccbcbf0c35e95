internal import Catalogs
package import Model
internal import Suppliers

/// A node that may rebuild for this customer, or might.
///
/// ```
/// user id 32, address: length 4, serial 8, issued 8, expires 8, revoked 1 (2 when it knows),
/// last contact 8, moves taken 8, fragments moved 8, grant: length 4
/// ```
///
/// All of them are a row of the catalog's settings; what does not read is as if there were none.
package struct RebuilderRecord: Hashable, Sendable {
    package let user: UserID
    /// The address of a node: where it answered last.
    package var address: String
    package let serial: UInt64
    package let issued: Timestamp
    package let expires: Timestamp
    package var isRevoked = false
    /// A revoked one knows it, and has thrown everything away.
    package var isEnded = false
    /// When it was last told of our blocks; 0 when it never was. Nanoseconds since 1970.
    package var lastContact: Int64 = 0
    /// Sequence of the last of its moves that the catalog knows.
    package var movesTaken: UInt64 = 0
    package var fragmentsMoved: UInt64 = 0
    package let grant: [UInt8]

    package func isInForce(at now: Timestamp) -> Bool { !isRevoked && now < expires }

    static let name = "rebuilders"

    static func decode(_ bytes: [UInt8]) -> [RebuilderRecord] {
        var reader = ByteReader(bytes, format: name)
        var records: [RebuilderRecord] = []
        do {
            while reader.remainingByteCount > 0 { records.append(try RebuilderRecord(&reader)) }
        } catch {
            return []
        }
        return records
    }

    init(grant: RebuildGrant, address: String) {
        user = grant.rebuilder
        self.address = address
        serial = grant.serial
        issued = grant.issued
        expires = grant.expires
        self.grant = grant.encoded()
    }

    private init(_ reader: inout ByteReader) throws(FormatError) {
        user = try reader.identifier()
        address = try reader.text(limit: Limits.textLengthMax, field: "address")
        serial = try reader.integer()
        issued = Timestamp(nanoseconds: try reader.integer())
        expires = Timestamp(nanoseconds: try reader.integer())
        let state = try reader.byte()
        (isRevoked, isEnded) = (state != 0, state == 2)
        lastContact = try reader.integer()
        movesTaken = try reader.integer()
        fragmentsMoved = try reader.integer()
        grant = try reader.counted(limit: Limits.grantLengthMax, field: "grant")
    }

    static func encode(_ records: [RebuilderRecord]) -> [UInt8] {
        var writer = ByteWriter()
        for one in records {
            writer.identifier(one.user)
            writer.text(one.address)
            writer.integer(one.serial)
            writer.integer(one.issued.nanoseconds)
            writer.integer(one.expires.nanoseconds)
            writer.byte(one.isRevoked ? one.isEnded ? 2 : 1 : 0)
            writer.integer(one.lastContact)
            writer.integer(one.movesTaken)
            writer.integer(one.fragmentsMoved)
            writer.counted(one.grant)
        }
        return writer.bytes
    }
}
