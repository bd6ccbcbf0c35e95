package import ErasureCoding
internal import Hashing
package import Model

/// Recomputes fragments of a block strip by strip and names them, while a strip is in the cache.
///
/// The core of a rebuild, without suppliers: what it costs is measured by `bitdust bench`.
package struct FragmentMaker {
    private let code: any ErasureCode
    private let missing: [Int]
    private var hashers: [BLAKE3Hasher]

    /// - Parameter missing: positions to recompute, ascending.
    package init(_ missing: [Int], code: any ErasureCode) {
        self.code = code
        self.missing = missing
        self.hashers = Array(repeating: BLAKE3Hasher(), count: missing.count)
    }

    /// Takes the next strip of `dataCount` fragments; writes that of each missing one to its
    /// target.
    package mutating func add(
        _ present: [(position: Int, bytes: UnsafeRawBufferPointer)],
        into targets: [UnsafeMutableRawBufferPointer]
    ) throws(ErasureError) {
        try code.reconstruct(missing, present: present, into: targets)
        for index in hashers.indices {
            hashers[index].update(UnsafeRawBufferPointer(targets[index]).bytes)
        }
    }

    /// The roots of all that was written, in the order of the missing positions.
    package var roots: [FragmentID] { hashers.map { FragmentID($0.finalize()) } }
}
