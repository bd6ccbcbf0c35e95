package import Model

/// Where a customer's suppliers are, for its own new machine: sealed, and kept in the DHT under a
/// key that every machine of the customer and the key file give.
///
/// ```
/// offset  length  field                          docs/formats/supplier-pointer.md
///      0       8  magic "BDPOINT1"
///      8       8  sequence of the newest head
///     16       -  nodes: count 4, at most 20; each user id 32, and 1: 0 without a place, else
///                 length of the address, address, port 2
///              4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/supplier-pointer/v1.bin`.
package struct SupplierPointer: Hashable, Sendable {
    package let headSequence: UInt64
    /// Each with one place at most. One that answers is enough: its head names them all.
    package let nodes: [NodeAddress]

    private static let magic: StaticString = "BDPOINT1"
    private static let format = "supplier pointer"
    /// Sealed and packed as an item it must stay below `Limits.itemValueLengthMax`.
    package static let lengthMax = 880

    /// Takes as many of the nodes as fit.
    package init(headSequence: UInt64, nodes: [NodeAddress]) {
        self.headSequence = headSequence
        var (taken, length): ([NodeAddress], Int) = ([], 24)
        for node in nodes {
            let one = NodeAddress(user: node.user, endpoints: Array(node.endpoints.prefix(1)))
            length += 33 + (one.endpoints.first.map { $0.address.bytes.count + 2 } ?? 0)
            guard length <= SupplierPointer.lengthMax,
                taken.count < Limits.pointerNodeCountMax
            else { break }
            taken.append(one)
        }
        self.nodes = taken
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: SupplierPointer.lengthMax)
        writer.magic(SupplierPointer.magic)
        writer.integer(headSequence)
        writer.integer(UInt32(nodes.count))
        for node in nodes {
            writer.identifier(node.user)
            guard let endpoint = node.endpoints.first else {
                writer.byte(0)
                continue
            }
            let address = endpoint.address.bytes
            writer.byte(UInt8(address.count))
            writer.raw(address)
            writer.integer(endpoint.port)
        }
        writer.checksum()
        return writer.bytes
    }

    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = SupplierPointer.format
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(SupplierPointer.magic)
        headSequence = try reader.integer()
        let count = try reader.count(limit: Limits.pointerNodeCountMax, field: "nodes")
        var nodes: [NodeAddress] = []
        for _ in 0..<count {
            let user = try reader.identifier(UserID.self)
            let length = Int(try reader.byte())
            guard length > 0 else {
                nodes.append(NodeAddress(user: user))
                continue
            }
            guard length == 4 || length == 16,
                let address = IPAddress(bytes: try reader.take(length)),
                address.bytes.count == length
            else { throw .invalid(format: format, field: "address") }
            let port = try reader.integer(UInt16.self)
            guard port > 0 else { throw .invalid(format: format, field: "port") }
            nodes.append(NodeAddress(user: user, endpoints: [Endpoint(address, port: port)]))
        }
        try reader.finish()
        self.nodes = nodes
    }
}
