internal import DHT
internal import Identities
internal import Model
internal import Pipelines

/// A pointer as an item of the DHT, and as the file in which whoever may sign it leaves it for the
/// node, which repeats it: the sealed one to a customer's suppliers, and that to where an
/// identity's document is published. The file's name says which of the two, and with it the salt.
///
/// ```
/// offset  length  field                          docs/formats/supplier-pointer.md
///      0       8  magic "BDPITEM1"
///      8      32  key
///     40       8  sequence
///     48      64  signature of the item
///    112       -  value: length 4
///              4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/supplier-pointer/item-v1.bin`.
struct PointerItem: Sendable {
    let item: Item

    enum Kind: CaseIterable, Sendable {
        case suppliers
        case identity

        var salt: [UInt8] {
            switch self {
            case .suppliers: Array("bitdust/pointer".utf8)
            case .identity: IdentityPointer.salt
            }
        }

        func path(_ home: NodeHome) -> String {
            switch self {
            case .suppliers: "\(home.path)/identity/supplier-pointer"
            case .identity: "\(home.path)/identity/document-pointer"
            }
        }
    }

    private static let magic: StaticString = "BDPITEM1"
    private enum PointerNoun {}

    init(_ pointer: SealedPointer) throws {
        let key = try SigningKey<PointerNoun>(seed: pointer.signingSeed)
        var writer = BencodeWriter(reserving: pointer.bytes.count + 8)
        writer.string(pointer.bytes)
        item = try Item(
            value: writer.bytes, salt: Kind.suppliers.salt,
            sequence: Int64(clamping: pointer.sequence), signedBy: key)
    }

    /// Where `document` is published, signed by the first root key: that of the user id.
    init(_ document: IdentityDocument, signedBy identity: IdentityKey) throws(SigningError) {
        let sources = document.content.sources.map(\.description)
            .filter { $0.utf8.count <= Limits.pointerSourceLengthMax }
        item = try IdentityPointer(
            digest: document.digest,
            sources: Array(sources.prefix(Limits.pointerSourceCountMax)),
            sequence: Int64(clamping: document.order.sequence)
        ).item(signedBy: identity)
    }

    /// Where the pointer of whoever has this seed is.
    static func address(signingSeed: SecretBytes) throws(SigningError) -> ItemAddress {
        ItemAddress(
            key: try SigningKey<PointerNoun>(seed: signingSeed).itemKey, salt: Kind.suppliers.salt)
    }

    /// The sealed bytes in the value of an item; `nil` when there are none.
    static func sealed(in item: Item) -> [UInt8]? {
        let text = item.value
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")),
            let length = Int(String(decoding: text[..<colon], as: UTF8.self)),
            length == text.count - colon - 1
        else { return nil }
        return Array(text[(colon + 1)...])
    }

    // MARK: The file

    var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 1200)
        writer.magic(PointerItem.magic)
        writer.bytes32(item.ownership?.key ?? .zero)
        writer.integer(item.sequence)
        writer.raw(item.ownership?.signature.array ?? [])
        writer.counted(item.value)
        writer.checksum()
        return writer.bytes
    }

    init(decoding bytes: [UInt8], kind: Kind) throws(FormatError) {
        let format = "pointer item"
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(PointerItem.magic)
        let key = try reader.bytes32()
        let sequence = try reader.integer(Int64.self)
        guard let signature = Signature(try reader.take(Signature.byteCount)), sequence >= 0
        else { throw .invalid(format: format, field: "signature") }
        let value = try reader.counted(limit: Limits.itemValueLengthMax, field: "value")
        try reader.finish()
        item = Item(
            value: value,
            ownership: Item.Ownership(
                key: key, salt: kind.salt, sequence: sequence, signature: signature))
    }
}
