package import Model

/// Tombstones of one customer that wait until their time.
///
/// ```
/// offset  length  field                          docs/formats/supplier-protocol.md
///      0       8  magic "BDHOLD01"
///      8      32  owner                          UserID
///     40       8  due                            service time, nanoseconds
///     48       4  count                          of fragment ids, 32 bytes each
///              4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/supplier-protocol/hold-v1.bin`.
package struct TombstoneHold: Equatable, Sendable {
    package let owner: UserID
    package let due: UInt64
    package let fragments: [FragmentID]

    static let fragmentCountMax = RecordHeader.tombstoneCountMax
    static let lengthMax = 56 + 32 * fragmentCountMax
    private static let format = "tombstone hold"
    private static let magic: StaticString = "BDHOLD01"

    package init(owner: UserID, due: UInt64, fragments: [FragmentID]) {
        self.owner = owner
        self.due = due
        self.fragments = fragments
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 56 + 32 * fragments.count)
        writer.magic(TombstoneHold.magic)
        writer.identifier(owner)
        writer.integer(due)
        writer.fragments(fragments)
        writer.checksum()
        return writer.bytes
    }

    package init(_ bytes: [UInt8]) throws(FormatError) {
        var reader = try ByteReader(checked: bytes, format: TombstoneHold.format)
        try reader.expect(TombstoneHold.magic)
        owner = try reader.identifier()
        due = try reader.integer()
        fragments = try reader.fragments()
        try reader.finish()
    }
}
