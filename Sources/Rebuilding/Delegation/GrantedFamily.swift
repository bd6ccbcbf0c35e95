package import Model

/// The suppliers of an owner as a rebuilder is told of them: where they are, and who is to hold
/// nothing any more.
///
/// ```
/// offset  length  field                          docs/formats/rebuilder.md
///      0       8  magic "BDGFAM01"
///      8       -  suppliers: count 4, each id 32, leaves 1, address: length 4 and text
///              4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/rebuilder/family-v1.bin`.
package struct GrantedFamily: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package let supplier: SupplierID
        package let isLeaving: Bool
        /// The address of a node.
        package let address: String

        package init(supplier: SupplierID, isLeaving: Bool, address: String) {
            self.supplier = supplier
            self.isLeaving = isLeaving
            self.address = address
        }
    }

    package let members: [Member]

    private static let format = "granted family"
    private static let magic: StaticString = "BDGFAM01"
    package static let lengthMax = 64 + Limits.grantedSupplierCountMax * (64 + Limits.textLengthMax)

    /// Takes as many as may be named.
    package init(members: [Member]) {
        self.members = Array(members.prefix(Limits.grantedSupplierCountMax))
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 64 + members.count * 160)
        writer.magic(GrantedFamily.magic)
        writer.integer(UInt32(members.count))
        for member in members {
            writer.identifier(member.supplier)
            writer.byte(member.isLeaving ? 1 : 0)
            writer.text(member.address)
        }
        writer.checksum()
        return writer.bytes
    }

    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = GrantedFamily.format
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(GrantedFamily.magic)
        let count = try reader.count(limit: Limits.grantedSupplierCountMax, field: "suppliers")
        var members: [Member] = []
        for _ in 0..<count {
            members.append(
                Member(
                    supplier: try reader.identifier(), isLeaving: try reader.bit("leaves"),
                    address: try reader.text(limit: Limits.textLengthMax, field: "address")))
        }
        try reader.finish()
        self.members = members
    }
}
