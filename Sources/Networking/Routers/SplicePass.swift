package import Model

/// What lets one connection into one splice, once: 32 random bytes that the router draws.
///
/// It is no secret that anything but the router's counting depends on: who steals one gets a
/// connection to somebody who asks for a certificate that the thief does not have.
package struct SplicePass: Hashable, Sendable {
    package let bytes: Bytes32

    package init(bytes: Bytes32) { self.bytes = bytes }

    /// What a connection to a router begins with, instead of a TLS record.
    ///
    /// ```
    /// offset  length  field                          docs/formats/router.md
    ///      0       8  magic "BDSPLC01"
    ///      8      32  pass
    /// ```
    ///
    /// All that follows is for the node at the other end.
    ///
    /// Golden file: `fixtures/router/preface-v1.bin`.
    var preface: [UInt8] {
        var writer = ByteWriter(reserving: SplicePass.prefaceLength)
        writer.magic(SplicePass.magic)
        writer.bytes32(bytes)
        return writer.bytes
    }

    init(preface: [UInt8]) throws(FormatError) {
        var reader = ByteReader(preface, format: "splice preface")
        try reader.expect(SplicePass.magic)
        bytes = try reader.bytes32()
        try reader.finish()
    }

    private static let magic: StaticString = "BDSPLC01"
    static let prefaceLength = 40
    /// What tells a preface from a TLS record, which begins with 22.
    static let firstByte = UInt8(ascii: "B")
}
