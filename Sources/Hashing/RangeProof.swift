package import Model

/// Why a range is not proved.
package enum RangeProofError: Error, Equatable, Sendable {
    /// Not whole leaves, or not within the fragment.
    case unprovable(range: Range<Int>, length: Int)
    /// The proof is about another range, or a fragment of another length, than was asked for.
    case otherRange(asked: Range<Int>, proved: Range<Int>)
    case otherLength(asked: Int, proved: Int)
    case byteCount(have: Int, need: Int)
    /// Bytes or proof are not what the fragment's id stands for.
    case wrongRoot(expected: Bytes32, found: Bytes32)
}

/// What shows that bytes are a range of a fragment, to somebody who knows its id and length.
///
/// The values of the largest subtrees outside the range, from which and from the bytes the root is
/// computed anew. The length is *not* proved unless the range reaches the end: the checking side
/// knows it from the block's description and passes it in.
///
///     offset  length  field
///     0       4       magic "BDRP"
///     4       1       version, 1
///     5       8       bytes of the fragment
///     13      8       first byte of the range
///     21      8       first byte after the range
///     29      32 n    values, left to right; n follows from the fields above
///     29+32n  4       CRC-32C of all bytes before it
///
/// Integers are little-endian. Page: docs/formats/hashing.md.
/// Golden file: `fixtures/blake3/range-proof/v1.bin`.
package struct RangeProof: Equatable, Sendable {
    /// Bytes of the fragment.
    package let length: Int
    package let range: Range<Int>
    let siblings: [Bytes32]

    static let format = "range proof"
    private static let magic: StaticString = "BDRP"
    private static let version: UInt8 = 1

    /// Whether `range` is one or more whole leaves of a fragment of `length` bytes. The empty
    /// fragment has one range, the empty one.
    package static func canProve(_ range: Range<Int>, length: Int) -> Bool {
        let leaf = BLAKE3.leafLength
        return range.lowerBound >= 0 && range.upperBound <= length
            && range.lowerBound % leaf == 0
            && (range.upperBound % leaf == 0 || range.upperBound == length)
            && (!range.isEmpty || length == 0)
    }

    /// The leaves around a byte range: the smallest range that can be proved and holds it.
    ///
    /// - Precondition: `range` is not empty and lies within `0..<length`.
    package static func provableRange(holding range: Range<Int>, length: Int) -> Range<Int> {
        precondition(!range.isEmpty && range.lowerBound >= 0 && range.upperBound <= length)
        let leaf = BLAKE3.leafLength
        let upper = (range.upperBound + leaf - 1) / leaf * leaf
        return range.lowerBound / leaf * leaf..<min(length, upper)
    }

    /// Shows that `bytes` are `range` of the fragment with this `root` and `length`, or throws.
    ///
    /// Never traps, whatever the proof and the bytes are.
    ///
    /// - Parameters:
    ///   - bytes: what the supplier sent as the range.
    ///   - range, length, root: what the asking side knows by itself.
    /// - Complexity: hashes `bytes` and two nodes for each level of the tree.
    package func authenticate(
        _ bytes: RawSpan, as range: Range<Int>, length: Int, root: Bytes32
    ) throws(RangeProofError) {
        guard range == self.range else { throw .otherRange(asked: range, proved: self.range) }
        guard length == self.length else {
            throw .otherLength(asked: length, proved: self.length)
        }
        guard bytes.byteCount == range.count else {
            throw .byteCount(have: bytes.byteCount, need: range.count)
        }
        var unused = siblings[...]
        let found = value(of: .root(length: length), in: bytes, isRoot: true, &unused)
        guard found == root else { throw .wrongRoot(expected: root, found: found) }
    }

    /// The value of `node` from the bytes where they are known, else from the proof, which holds
    /// exactly as many values as this takes.
    private func value(
        of node: TreeNode, in bytes: RawSpan, isRoot: Bool, _ unused: inout ArraySlice<Bytes32>
    ) -> Bytes32 {
        let proved = TreeNode.leaves(of: range)
        guard node.leaves.overlaps(proved) else { return unused.removeFirst() }
        let isInside =
            proved.lowerBound <= node.leaves.lowerBound
            && node.leaves.upperBound <= proved.upperBound
        if isInside, isRoot { return BLAKE3.hash(bytes) }
        guard !isInside, let (left, right) = node.children else {
            let known = node.bytes(length: length)
            let start = range.lowerBound
            return TreeHash.value(
                bytes.extracting(known.lowerBound - start..<known.upperBound - start), of: node)
        }
        let leftValue = value(of: left, in: bytes, isRoot: false, &unused)
        let rightValue = value(of: right, in: bytes, isRoot: false, &unused)
        return TreeHash.parent(leftValue, rightValue, isRoot: isRoot)
    }
}

extension RangeProof {
    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 33 + siblings.count * Bytes32.byteCount)
        writer.magic(RangeProof.magic)
        writer.byte(RangeProof.version)
        writer.integer(UInt64(length))
        writer.integer(UInt64(range.lowerBound))
        writer.integer(UInt64(range.upperBound))
        for sibling in siblings { writer.bytes32(sibling) }
        writer.checksum()
        return writer.bytes
    }

    /// Reads a proof that nobody has checked. It proves nothing before
    /// ``authenticate(_:as:length:root:)``.
    package init(decoding bytes: [UInt8]) throws(FormatError) {
        let format = RangeProof.format
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(RangeProof.magic)
        let version = try reader.byte()
        guard version == RangeProof.version else {
            throw .unknownVersion(format: format, version: Int(version))
        }
        let length = try reader.offset("length")
        let lower = try reader.offset("lower")
        let upper = try reader.offset("upper")
        guard lower <= upper, RangeProof.canProve(lower..<upper, length: length) else {
            throw .invalid(format: format, field: "range")
        }
        let missing = TreeNode.root(length: length).siblings(of: TreeNode.leaves(of: lower..<upper))
        var siblings: [Bytes32] = []
        for _ in missing { siblings.append(try reader.bytes32()) }
        try reader.finish()
        self.init(length: length, range: lower..<upper, siblings: siblings)
    }
}

extension ByteReader {
    /// An offset into a fragment, at most the length of the longest.
    fileprivate mutating func offset(_ field: String) throws(FormatError) -> Int {
        let value = try integer(UInt64.self)
        let limit = UInt64(Limits.fragmentLengthMax)
        guard value <= limit else {
            throw .limitExceeded(format: format, field: field, value: value, limit: limit)
        }
        return Int(value)
    }
}
