internal import CKernels
internal import Model

/// Everything that computing some fragments from others needs but the bytes: made once per
/// pattern, used for every block that has it.
///
/// Targets that lie in the same aligned block of the field as the sources, and small shapes, are
/// computed by a matrix; the others by a transform, which takes O(log) multiplications where the
/// matrix takes one for each source.
final class CodingPlan: Sendable {
    struct Key: Hashable {
        let scheme: ErasureScheme
        let kernel: CodingKernel
        let sources: [Int]
        let targets: [Int]
    }

    let key: Key
    private let matrixTable: [UInt8]
    /// Indices into `key.targets` of what the matrix computes.
    private let matrixTargets: [Int]
    private let transform: TransformPlan?

    init(_ key: Key) {
        let weights = FragmentWeights(scheme: key.scheme, sources: key.sources)
        let transform = TransformPlan(key, weights: weights)
        let transformed = transform?.targetIndices ?? []
        let rows = key.targets.indices.filter { !transformed.contains($0) }
        self.key = key
        self.transform = transform
        self.matrixTargets = rows
        self.matrixTable = CodingPlan.matrix(key, weights: weights, rows: rows)
    }

    private static func matrix(_ key: Key, weights: FragmentWeights, rows: [Int]) -> [UInt8] {
        let coefficients = rows.flatMap { row in
            key.sources.map { weights.coefficient(target: key.targets[row], source: $0) }
        }
        let byteCount = coefficients.count * bd_gf256_constant_length(key.kernel.rawValue)
        return [UInt8](unsafeUninitializedCapacity: byteCount) { table, count in
            if let target = table.baseAddress {
                bd_gf256_matrix_prepare(
                    key.kernel.rawValue, coefficients, rows.count, key.sources.count, target)
            }
            count = byteCount
        }
    }

    /// Computes all targets, `length` bytes each.
    ///
    /// - Precondition: one pointer for each source and each target of the key, in that order.
    func compute(
        from sources: [UnsafePointer<UInt8>?], into targets: [UnsafeMutablePointer<UInt8>?],
        length: Int
    ) {
        precondition(sources.count == key.sources.count && targets.count == key.targets.count)
        if !matrixTargets.isEmpty {
            let rows = matrixTargets.map { targets[$0] }
            bd_gf256_matrix_apply(
                key.kernel.rawValue, matrixTable, rows.count, sources.count, sources, rows, length)
        }
        transform?.compute(from: sources, into: targets, length: length)
    }
}
