internal import CKernels
internal import Model

/// A node of a BLAKE3 tree, by the leaves under it. Pure shape: no bytes, no digests.
struct TreeNode: Equatable {
    /// Indices of leaves, never empty.
    let leaves: Range<Int>

    /// Leaves of an input of `length` bytes; the empty input has one, an empty one.
    static func leafCount(length: Int) -> Int {
        max(1, (length + BLAKE3.leafLength - 1) / BLAKE3.leafLength)
    }

    static func root(length: Int) -> TreeNode { TreeNode(leaves: 0..<leafCount(length: length)) }

    /// The leaves that `range`, in bytes, touches.
    static func leaves(of range: Range<Int>) -> Range<Int> {
        let first = range.lowerBound / BLAKE3.leafLength
        return first..<first + leafCount(length: range.count)
    }

    /// The children: the left one is the largest complete tree that leaves something for the right
    /// (paper, section 2.1). `nil` for a leaf.
    var children: (left: TreeNode, right: TreeNode)? {
        guard leaves.count > 1 else { return nil }
        let leftCount = 1 << (Int.bitWidth - 1 - (leaves.count - 1).leadingZeroBitCount)
        let middle = leaves.lowerBound + leftCount
        return (
            TreeNode(leaves: leaves.lowerBound..<middle),
            TreeNode(leaves: middle..<leaves.upperBound)
        )
    }

    /// The bytes under the node, in an input of `length` bytes.
    func bytes(length: Int) -> Range<Int> {
        let leaf = BLAKE3.leafLength
        return leaves.lowerBound * leaf..<min(length, leaves.upperBound * leaf)
    }

    /// The largest nodes under this one that `proved` leaves out, left to right: at most two for
    /// each level of the tree.
    func siblings(of proved: Range<Int>) -> [TreeNode] {
        if !leaves.overlaps(proved) { return [self] }
        if proved.lowerBound <= leaves.lowerBound, leaves.upperBound <= proved.upperBound {
            return []
        }
        guard let (left, right) = children else { return [] }
        return left.siblings(of: proved) + right.siblings(of: proved)
    }
}

/// The values of nodes that are not the root, and of those that are.
enum TreeHash {
    /// Leaves that the kernels take as one tree.
    private static let treeLeavesMax = 1024

    /// The value of a node that is not the root, from all bytes under it.
    static func value(_ bytes: RawSpan, of node: TreeNode) -> Bytes32 {
        guard node.leaves.count > treeLeavesMax, let (left, right) = node.children else {
            var leaves = 1
            while leaves < node.leaves.count { leaves *= 2 }
            return groups(
                bytes, firstLeaf: node.leaves.lowerBound, groupLength: leaves * BLAKE3.leafLength
            )[0]
        }
        let middle = left.leaves.count * BLAKE3.leafLength
        return parent(
            value(bytes.extracting(0..<middle), of: left),
            value(bytes.extracting(middle..<bytes.byteCount), of: right), isRoot: false)
    }

    /// The values of the nodes over `groupLength` bytes each, the last one over what is left.
    ///
    /// - Precondition: there are bytes; `groupLength` is a power of two of leaves, at most 1024.
    static func groups(_ bytes: RawSpan, firstLeaf: Int, groupLength: Int) -> [Bytes32] {
        var state = BLAKE3.Mode.plain.state(.best)
        let count = (bytes.byteCount + groupLength - 1) / groupLength
        var values = [Bytes32](repeating: .zero, count: count)
        values.withUnsafeMutableBytes { target in
            bytes.withUnsafeBytes {
                bd_blake3_groups(
                    &state, $0.baseAddress, $0.count, UInt64(firstLeaf), groupLength,
                    target.baseAddress?.assumingByte)
            }
        }
        return values
    }

    /// The level above `values`, at least two of them; two are the children of the root.
    static func parents(of values: [Bytes32]) -> [Bytes32] {
        var parents = [Bytes32](repeating: .zero, count: values.count / 2)
        hashPairs(values, isRoot: values.count == 2, into: &parents)
        if values.count % 2 == 1 { parents.append(values[values.count - 1]) }
        return parents
    }

    static func parent(_ left: Bytes32, _ right: Bytes32, isRoot: Bool) -> Bytes32 {
        var parents = [Bytes32.zero]
        hashPairs([left, right], isRoot: isRoot, into: &parents)
        return parents[0]
    }

    private static func hashPairs(
        _ values: [Bytes32], isRoot: Bool, into parents: inout [Bytes32]
    ) {
        var state = BLAKE3.Mode.plain.state(.best)
        parents.withUnsafeMutableBytes { target in
            values.withUnsafeBytes {
                bd_blake3_parents(
                    &state, $0.assumingMemoryBound(to: UInt8.self).baseAddress, values.count / 2,
                    isRoot ? 1 : 0, target.baseAddress?.assumingByte)
            }
        }
    }
}
