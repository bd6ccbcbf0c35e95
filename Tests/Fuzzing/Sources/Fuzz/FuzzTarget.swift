internal import Model

/// One decoder that takes hostile bytes.
struct FuzzTarget: Sendable {
    let name: String
    /// Folders of fixtures, beside its own in fixtures/fuzz, whose files are inputs to start from.
    var fixtures: [String] = []
    /// Must return for every input; a trap is a finding, and so is what ``demand(_:_:)`` stops at.
    let run: @Sendable ([UInt8]) -> Void

    static let all: [FuzzTarget] =
        formats + keys + suppliers + network + node + texts
}

/// Stops where a decoder broke a promise: the fuzzer then keeps the input.
func demand(_ condition: Bool, _ promise: StaticString) {
    precondition(condition, "\(promise)")
}

/// What a decoder of a canonical format must do: refuse, or accept what encodes to the same bytes.
func recode<Value>(
    _ bytes: [UInt8], decode: ([UInt8]) throws -> Value, encode: (Value) -> [UInt8]
) {
    guard let value = try? decode(bytes) else { return }
    demand(encode(value) == bytes, "what is decoded encodes to the same bytes")
}

/// The bytes between the magic that a format begins with and the checksum that it ends in: else
/// nearly every input would stop there.
func summed(_ magic: String, _ bytes: [UInt8]) -> [UInt8] {
    var writer = ByteWriter(reserving: bytes.count + 12)
    writer.raw(Array(magic.utf8))
    writer.raw(bytes)
    writer.checksum()
    return writer.bytes
}
