internal import CKernels
internal import Model

/// Everything that computing some fragments from others needs but the bytes: made once per
/// pattern, used for every block that has it.
///
/// Small shapes are computed by a matrix, wide ones by a transform, which takes O(log)
/// multiplications for each target where the matrix takes one for each source.
final class CodingPlan: Sendable {
    struct Key: Hashable {
        let scheme: ErasureScheme
        let kernel: CodingKernel
        let sources: [Int]
        let targets: [Int]
    }

    let key: Key
    private let transform: TransformPlan?
    /// Empty when there is a transform.
    private let matrixTable: [UInt8]

    init(_ key: Key) {
        let weights = FragmentWeights(scheme: key.scheme, sources: key.sources)
        self.key = key
        self.transform = TransformPlan(key, weights: weights)
        self.matrixTable = transform == nil ? CodingPlan.matrix(key, weights: weights) : []
    }

    private static func matrix(_ key: Key, weights: FragmentWeights) -> [UInt8] {
        let coefficients = key.targets.flatMap { target in
            key.sources.map { weights.coefficient(target: target, source: $0) }
        }
        let byteCount = coefficients.count * bd_gf256_constant_length(key.kernel.rawValue)
        var table = [UInt8](repeating: 0, count: byteCount)
        bd_gf256_matrix_prepare(
            key.kernel.rawValue, coefficients, key.targets.count, key.sources.count, &table)
        return table
    }

    /// Computes all targets, `length` bytes each.
    ///
    /// - Precondition: one pointer for each source and each target of the key, in that order.
    func compute(
        from sources: [UnsafePointer<UInt8>?], into targets: [UnsafeMutablePointer<UInt8>?],
        length: Int
    ) {
        precondition(sources.count == key.sources.count && targets.count == key.targets.count)
        if let transform {
            transform.compute(from: sources, into: targets, length: length)
        } else {
            bd_gf256_matrix_apply(
                key.kernel.rawValue, matrixTable, targets.count, sources.count, sources, targets,
                length)
        }
    }
}
