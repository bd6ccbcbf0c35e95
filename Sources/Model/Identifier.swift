/// Thirty-two bytes by value: a digest, a key's public half, a random id.
///
/// Kept as four words so that comparing and hashing cost a few instructions and no allocation.
package struct Bytes32: Hashable, Comparable, Sendable {
    /// The bytes in memory order, read as little-endian words.
    package let words: (UInt64, UInt64, UInt64, UInt64)

    package static let byteCount = 32
    package static let zero = Bytes32(words: (0, 0, 0, 0))

    package init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// Reads exactly 32 bytes; `nil` when there are more or fewer.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Bytes32.byteCount else { return nil }
        self.init(copying: bytes)
    }

    /// Copies 32 bytes.
    ///
    /// - Precondition: `bytes` holds exactly 32.
    package init(_ bytes: RawSpan) {
        precondition(bytes.byteCount == Bytes32.byteCount)
        self.words = bytes.withUnsafeBytes {
            (
                $0.loadUnaligned(fromByteOffset: 0, as: UInt64.self).littleEndian,
                $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self).littleEndian,
                $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self).littleEndian,
                $0.loadUnaligned(fromByteOffset: 24, as: UInt64.self).littleEndian
            )
        }
    }

    /// Lets `body` fill the bytes.
    package init(filling body: (UnsafeMutableRawBufferPointer) -> Void) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words, body)
        self.words = (
            words.0.littleEndian, words.1.littleEndian, words.2.littleEndian, words.3.littleEndian
        )
    }

    private init(copying bytes: some Collection<UInt8>) {
        self.init(filling: { target in
            // One element at a time allocates for each of them where generics are not specialised.
            let isCopied: Void? = bytes.withContiguousStorageIfAvailable {
                target.copyMemory(from: UnsafeRawBufferPointer($0))
            }
            if isCopied == nil {
                for (index, byte) in bytes.enumerated() { target[index] = byte }
            }
        })
    }

    /// Lends the bytes for the length of the call.
    package func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let copy: InlineArray<4, UInt64> = [
            words.0.littleEndian, words.1.littleEndian, words.2.littleEndian,
            words.3.littleEndian,
        ]
        return try body(copy.span.bytes)
    }

    /// The bytes as an array, for the cold paths.
    package var array: [UInt8] {
        withBytes { span in span.withUnsafeBytes { Array($0) } }
    }

    /// Compares byte by byte, first byte first.
    package static func < (left: Bytes32, right: Bytes32) -> Bool {
        let pairs = [
            (left.words.0, right.words.0), (left.words.1, right.words.1),
            (left.words.2, right.words.2), (left.words.3, right.words.3),
        ]
        for (one, other) in pairs where one != other {
            return one.byteSwapped < other.byteSwapped
        }
        return false
    }

    package static func == (left: Bytes32, right: Bytes32) -> Bool {
        (left.words.0 ^ right.words.0) | (left.words.1 ^ right.words.1)
            | (left.words.2 ^ right.words.2) | (left.words.3 ^ right.words.3) == 0
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

/// A 32-byte id of one kind of thing: a `ChunkID` where a `BlockID` is due does not compile.
package struct Identifier<Noun>: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let bytes: Bytes32

    package init(_ bytes: Bytes32) {
        self.bytes = bytes
    }

    /// Reads 64 hexadecimal digits; `nil` for anything else.
    package init?(hex: some StringProtocol) {
        guard let array = Hex.decode(hex), let bytes = Bytes32(array) else { return nil }
        self.bytes = bytes
    }

    /// 64 hexadecimal digits.
    package var description: String { bytes.withBytes { Hex.encode($0) } }

    /// The first 8 hexadecimal digits, for people.
    package var short: String { String(description.prefix(8)) }

    package static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
}

package enum ChunkNoun {}
package enum BlockNoun {}
package enum FragmentNoun {}
package enum SnapshotNoun {}
package enum RepositoryNoun {}
package enum UserNoun {}
package enum DeviceNoun {}
package enum SupplierNoun {}

/// Keyed BLAKE3 of the chunk's plaintext.
package typealias ChunkID = Identifier<ChunkNoun>
/// BLAKE3 of the seal's header (salt, commitment) and length; see docs/formats/block.md.
package typealias BlockID = Identifier<BlockNoun>
/// Root of the BLAKE3 tree over the fragment's bytes.
package typealias FragmentID = Identifier<FragmentNoun>
/// BLAKE3 of the encoded snapshot.
package typealias SnapshotID = Identifier<SnapshotNoun>
/// Derived from the identity's root seed.
package typealias RepositoryID = Identifier<RepositoryNoun>
/// Derived from the identity's public key.
package typealias UserID = Identifier<UserNoun>
/// The device's public signing key.
package typealias DeviceID = Identifier<DeviceNoun>
/// The supplier's public signing key.
package typealias SupplierID = Identifier<SupplierNoun>
