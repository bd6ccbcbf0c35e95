internal import CKernels
package import Model

/// The BLAKE3 tree over one fragment, kept down to groups of 16 leaves.
///
/// With it any range of whole leaves is proved from the bytes of the groups it touches; the rest
/// of the fragment need not be read again. It takes 64 bytes of memory for each 16 KiB.
///
/// A note on two near words: a *leaf* is 1 KiB, the unit of a proof; a *group* is 16 leaves, the
/// unit of what is remembered.
package struct FragmentTree: Sendable {
    /// Bytes of a group: what one pass of the widest kernel takes.
    package static let groupLength = 16 * BLAKE3.leafLength

    /// Bytes of the fragment.
    package let length: Int
    /// The plain BLAKE3 hash of the fragment: its id.
    package let root: Bytes32
    /// Values of the nodes over `1 << index` groups, left to right; an odd last one of a level
    /// is found on the level above too.
    private let levels: [[Bytes32]]

    package init(_ bytes: RawSpan) {
        length = bytes.byteCount
        guard length > FragmentTree.groupLength else {
            root = BLAKE3.hash(bytes)
            levels = []
            return
        }
        var levels = [TreeHash.groups(bytes, firstLeaf: 0, groupLength: FragmentTree.groupLength)]
        while let last = levels.last, last.count > 1 {
            levels.append(TreeHash.parents(of: last))
        }
        root = levels.removeLast()[0]
        self.levels = levels
    }

    /// The bytes that ``proof(of:in:)`` needs: `range` rounded outwards to whole groups.
    package func coveringRange(of range: Range<Int>) -> Range<Int> {
        let group = FragmentTree.groupLength
        let upper = (range.upperBound + group - 1) / group * group
        return range.lowerBound / group * group..<min(length, upper)
    }

    /// Proves `range`.
    ///
    /// - Parameters:
    ///   - range: whole leaves: both bounds are multiples of 1024, or the upper one is the end.
    ///   - covering: the bytes of ``coveringRange(of:)``.
    /// - Throws: ``RangeProofError/unprovable(range:length:)`` or
    ///   ``RangeProofError/byteCount(have:need:)``. Damaged bytes are not noticed here, but make a
    ///   proof that fails.
    package func proof(
        of range: Range<Int>, in covering: RawSpan
    ) throws(RangeProofError) -> RangeProof {
        guard RangeProof.canProve(range, length: length) else {
            throw .unprovable(range: range, length: length)
        }
        let coveringRange = coveringRange(of: range)
        guard covering.byteCount == coveringRange.count else {
            throw .byteCount(have: covering.byteCount, need: coveringRange.count)
        }
        let siblings = TreeNode.root(length: length).siblings(of: TreeNode.leaves(of: range))
        return RangeProof(
            length: length, range: range,
            siblings: siblings.map { value(of: $0, in: covering, at: coveringRange.lowerBound) })
    }

    /// A node over whole groups is remembered; a smaller one is beside the range, within a group
    /// that the range touches.
    private func value(of node: TreeNode, in covering: RawSpan, at offset: Int) -> Bytes32 {
        let groupLeaves = FragmentTree.groupLength / BLAKE3.leafLength
        let reachesEnd = node.leaves.upperBound == TreeNode.leafCount(length: length)
        let start = node.leaves.lowerBound
        if start % groupLeaves == 0, reachesEnd || node.leaves.count % groupLeaves == 0 {
            let groupCount = (node.leaves.count + groupLeaves - 1) / groupLeaves
            let level = Int.bitWidth - (groupCount - 1).leadingZeroBitCount
            return levels[level][(start / groupLeaves) >> level]
        }
        let bytes = node.bytes(length: length)
        return TreeHash.value(
            covering.extracting(bytes.lowerBound - offset..<bytes.upperBound - offset),
            of: node)
    }
}
