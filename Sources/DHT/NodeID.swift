package import Model

/// A point of the DHT's space: the id of a node, or the target of a lookup; 160 bits.
///
/// Kept as words in network order, so that comparing and XOR cost a few instructions.
package struct NodeID: Hashable, Comparable, Sendable {
    package static let byteCount = 20
    package static let zero = NodeID(high: 0, middle: 0, low: 0)

    let high: UInt64
    let middle: UInt64
    let low: UInt32

    init(high: UInt64, middle: UInt64, low: UInt32) {
        self.high = high
        self.middle = middle
        self.low = low
    }

    /// `nil` unless there are 20 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == NodeID.byteCount else { return nil }
        self.init(bytes, at: 0)
    }

    /// Reads 20 bytes from `offset` on.
    ///
    /// - Precondition: they lie within `bytes`.
    init(_ bytes: [UInt8], at offset: Int) {
        precondition(offset >= 0 && offset + NodeID.byteCount <= bytes.count)
        self = bytes.withUnsafeBytes { source in
            NodeID(
                high: UInt64(
                    bigEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
                middle: UInt64(
                    bigEndian: source.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)),
                low: UInt32(
                    bigEndian: source.loadUnaligned(fromByteOffset: offset + 16, as: UInt32.self)))
        }
    }

    /// Reads 40 hexadecimal digits; `nil` for anything else.
    package init?(hex: some StringProtocol) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes)
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(NodeID.byteCount)
        append(to: &bytes)
        return bytes
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(bigEndian: high)
        bytes.append(bigEndian: middle)
        bytes.append(bigEndian: low)
    }

    /// XOR, the metric of Kademlia (Maymounkov, Mazières, 2002).
    @inline(__always)
    package func distance(to other: NodeID) -> NodeID {
        NodeID(high: high ^ other.high, middle: middle ^ other.middle, low: low ^ other.low)
    }

    @inline(__always)
    package func isCloser(than other: NodeID, to target: NodeID) -> Bool {
        distance(to: target) < other.distance(to: target)
    }

    /// How many leading bits are the same, 0 to 160.
    @inline(__always)
    package func sharedPrefix(with other: NodeID) -> Int {
        if high != other.high { return (high ^ other.high).leadingZeroBitCount }
        if middle != other.middle { return 64 + (middle ^ other.middle).leadingZeroBitCount }
        return 128 + (low ^ other.low).leadingZeroBitCount
    }

    /// This id up to `count` bits, the opposite of it in the next, and `filler` from there on: a
    /// point in the subtree that bucket `count` of a node with this id covers.
    func sibling(at count: Int, filler: NodeID) -> NodeID {
        let flipped = distance(to: NodeID.mask(count).distance(to: NodeID.mask(count + 1)))
        let mask = NodeID.mask(count + 1)
        return NodeID(
            high: flipped.high & mask.high | filler.high & ~mask.high,
            middle: flipped.middle & mask.middle | filler.middle & ~mask.middle,
            low: flipped.low & mask.low | filler.low & ~mask.low)
    }

    @inline(__always)
    package static func < (left: NodeID, right: NodeID) -> Bool {
        if left.high != right.high { return left.high < right.high }
        if left.middle != right.middle { return left.middle < right.middle }
        return left.low < right.low
    }

    @inline(__always)
    package static func == (left: NodeID, right: NodeID) -> Bool {
        (left.high ^ right.high) | (left.middle ^ right.middle) | UInt64(left.low ^ right.low) == 0
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(high)
        hasher.combine(middle)
        hasher.combine(low)
    }

    private static func mask(_ count: Int) -> NodeID {
        func word(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : ~0 << UInt64(64 - min(bits, 64)) }
        return NodeID(
            high: word(count), middle: word(count - 64),
            low: UInt32(truncatingIfNeeded: word(count - 128) >> 32))
    }
}

extension NodeID: CustomStringConvertible {
    /// 40 hexadecimal digits.
    package var description: String { Hex.encode(bytes) }
}

/// Node ids bound to addresses, so that nobody chooses where in the space to sit.
///
/// The first 21 bits are the CRC-32C of the masked address and three bits of the last byte: an
/// address has eight places. Local addresses are exempt.
///
/// - SeeAlso: BEP 42.
extension NodeID {
    /// Whether a node at `address` may have this id.
    package func isBound(to address: IPAddress) -> Bool {
        if address.isLocal { return true }
        let sum = NodeID.boundPrefix(address, place: UInt8(truncatingIfNeeded: low) & 7)
        return UInt32(truncatingIfNeeded: high >> 32) ^ sum < 1 << 11
    }

    /// The id for `address` that `filler` leaves open: 21 bits come from the address.
    package static func bound(to address: IPAddress, filler: NodeID) -> NodeID {
        let sum = boundPrefix(address, place: UInt8(truncatingIfNeeded: filler.low) & 7)
        let kept = filler.high & (~0 >> 21)
        return NodeID(
            high: UInt64(sum >> 11) << 43 | kept, middle: filler.middle, low: filler.low)
    }

    private static func boundPrefix(_ address: IPAddress, place: UInt8) -> UInt32 {
        switch address {
        case .v4(let word):
            let input = (word & 0x030f_3fff | UInt32(place) << 29).bigEndian
            return withUnsafeBytes(of: input) { Checksum.crc32c($0.bytes) }
        case .v6(let word, _):
            let input = (word & 0x0103_070f_1f3f_7fff | UInt64(place) << 61).bigEndian
            return withUnsafeBytes(of: input) { Checksum.crc32c($0.bytes) }
        }
    }
}
