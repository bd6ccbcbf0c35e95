package import Model

/// Twenty-four random bytes that make the keys of one sealed message unlike all others.
package struct SealSalt: Sendable {
    private let bytes: InlineArray<24, UInt8>

    package init(from random: some RandomSource) {
        var bytes = InlineArray<24, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        span.withUnsafeMutableBytes { random.fill($0) }
        self.bytes = bytes
    }

    /// `nil` unless there are 24 bytes.
    package init?(_ source: [UInt8]) {
        guard source.count == SealLayout.saltLength else { return nil }
        bytes = InlineArray { source[$0] }
    }

    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.span.bytes.withUnsafeBytes { buffer throws(Failure) in try body(buffer) }
    }
}

/// What a sealed message is for. Bound into the keys, so that a message never opens in the place
/// of another.
///
/// ```
/// offset  length  field
/// 0       8       "bitdust" 00
/// 8       2       format version of the kind
/// 10      1       kind
/// 11      32      repository id
/// 43      8       plaintext length in bytes
/// ```
///
/// Integers are little-endian. docs/formats/seal.md.
package struct SealContext: Hashable, Sendable {
    /// The number is part of the format: added to, never changed.
    package enum Kind: UInt8, CaseIterable, Sendable {
        case block = 1
        case catalogBlock = 2
        case descriptor = 3
        case head = 4
        case pointer = 5
    }

    package let kind: Kind
    package let version: UInt16
    package let repository: RepositoryID
    package let plaintextLength: Int

    package init(
        kind: Kind, version: UInt16 = 1, repository: RepositoryID, plaintextLength: Int
    ) {
        self.kind = kind
        self.version = version
        self.repository = repository
        self.plaintextLength = plaintextLength
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 51)
        writer.magic("bitdust\0")
        writer.integer(version)
        writer.byte(kind.rawValue)
        writer.identifier(repository)
        writer.integer(UInt64(plaintextLength))
        return writer.bytes
    }
}
