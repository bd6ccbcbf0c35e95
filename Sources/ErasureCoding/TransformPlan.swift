internal import CKernels
internal import Model

/// The part of a ``CodingPlan`` that the additive Fourier transform computes.
///
/// The sources, padded with zeros to an aligned block A of 2^r positions, are values of a
/// polynomial P of degree below 2^r. With W(x) the product of x + a over A, constant on every
/// other aligned block, and u the product of the non-zero elements below 2^r,
///
///     sum over s of A: value(s) / (x + s) = u / W(x) * P(x)
///
/// which is the sum that ``FragmentWeights`` asks for when value(s) = fragment(s) / r(s).
///
/// - SeeAlso: Lin, Chung, Han, "Novel polynomial basis and its application to Reed-Solomon erasure
///   codes", FOCS 2014.
struct TransformPlan: Sendable {
    /// Indices into the plan's targets of what this computes, ascending.
    let targetIndices: [Int]
    private let kernel: CodingKernel
    private let logSize: Int
    private let isScaled: Bool
    private let sourceBase: Int
    private let sourceScales: [UInt8]
    private let targetBases: [UInt8]
    private let targetScales: [UInt8]
    private let table: [UInt8]
    /// For each of 2^logSize places the index of its source, or -1.
    private let sourceAt: [Int]
    /// For each of blockCount * 2^logSize places the index of its target, or -1.
    private let targetAt: [Int]

    /// `nil` when the sources lie in no block of a useful size, or a matrix is no slower.
    init?(_ key: CodingPlan.Key, weights: FragmentWeights) {
        guard key.kernel != .scalar, let first = key.sources.first, let last = key.sources.last
        else { return nil }
        let logSize = max(2, (first ^ last).bitWidth - (first ^ last).leadingZeroBitCount)
        guard logSize <= 7 else { return nil }
        let base = first >> logSize
        let indices = key.targets.indices.filter { key.targets[$0] >> logSize != base }
        let blocks = Set(indices.map { key.targets[$0] >> logSize }).sorted()
        guard
            TransformPlan.pays(
                logSize: logSize, blockCount: blocks.count, sourceCount: key.sources.count,
                targetCount: indices.count)
        else { return nil }
        self.init(key, weights: weights, logSize: logSize, indices: indices, blocks: blocks)
    }

    private init(
        _ key: CodingPlan.Key, weights: FragmentWeights, logSize: Int, indices: [Int],
        blocks: [Int]
    ) {
        let size = 1 << logSize
        let mask = size - 1
        var sourceScales = [UInt8](repeating: 0, count: size)
        var sourceAt = [Int](repeating: -1, count: size)
        for (index, source) in key.sources.enumerated() {
            sourceAt[source & mask] = index
            sourceScales[source & mask] = GaloisField.inverse(weights.ratio(source))
        }
        let common = weights.ratio(key.sources[0])
        let isScaled = key.sources.contains { weights.ratio($0) != common }
        let base = key.sources[0] & ~mask
        var targetScales = [UInt8](repeating: 0, count: size * blocks.count)
        var targetAt = [Int](repeating: -1, count: size * blocks.count)
        let unit = FragmentWeights.distance(from: 0, to: 0..<size)
        for index in indices {
            let target = key.targets[index]
            let block = blocks.firstIndex(of: target >> logSize) ?? 0
            let away = FragmentWeights.distance(from: target, to: base..<base + size)
            let scale = GaloisField.product(
                weights.ratio(target), GaloisField.quotient(unit, away))
            targetAt[block << logSize | target & mask] = index
            targetScales[block << logSize | target & mask] =
                isScaled ? scale : GaloisField.quotient(scale, common)
        }
        self.targetIndices = indices
        self.kernel = key.kernel
        self.logSize = logSize
        self.isScaled = isScaled
        self.sourceBase = base
        self.sourceScales = sourceScales
        self.targetBases = blocks.map { UInt8($0 << logSize) }
        self.targetScales = targetScales
        self.sourceAt = sourceAt
        self.targetAt = targetAt
        self.table = TransformPlan.prepared(
            kernel: key.kernel, logSize: logSize, isScaled: isScaled, sourceBase: base,
            sourceScales: sourceScales, targetBases: self.targetBases, targetScales: targetScales)
    }

    /// Whether the transform beats the matrix: its cost in multiplications of the matrix, measured.
    private static func pays(
        logSize: Int, blockCount: Int, sourceCount: Int, targetCount: Int
    ) -> Bool {
        let butterflies = logSize << (logSize - 1)
        let transform = 2 * butterflies * (1 + blockCount) + (1 + blockCount) << logSize
        return blockCount > 0 && transform < sourceCount * targetCount
    }

    private static func prepared(
        kernel: CodingKernel, logSize: Int, isScaled: Bool, sourceBase: Int,
        sourceScales: [UInt8], targetBases: [UInt8], targetScales: [UInt8]
    ) -> [UInt8] {
        withTransform(
            logSize: logSize, isScaled: isScaled, sourceBase: sourceBase,
            sourceScales: sourceScales, targetBases: targetBases, targetScales: targetScales
        ) { transform in
            let constantCount = bd_gf256_transform_constants(transform)
            let byteCount = constantCount * bd_gf256_constant_length(kernel.rawValue)
            var table = [UInt8](repeating: 0, count: byteCount)
            bd_gf256_transform_prepare(kernel.rawValue, transform, &table)
            return table
        }
    }

    private static func withTransform<Result>(
        logSize: Int, isScaled: Bool, sourceBase: Int, sourceScales: [UInt8],
        targetBases: [UInt8], targetScales: [UInt8],
        _ body: (UnsafePointer<bd_gf256_transform>) -> Result
    ) -> Result {
        sourceScales.withUnsafeBufferPointer { sourceScales in
            targetBases.withUnsafeBufferPointer { bases in
                targetScales.withUnsafeBufferPointer { scales in
                    var transform = bd_gf256_transform(
                        logSize: Int32(logSize), sourceScaled: isScaled ? 1 : 0,
                        blockCount: bases.count, sourceBase: UInt8(sourceBase),
                        sourceScales: sourceScales.baseAddress, targetBases: bases.baseAddress,
                        targetScales: scales.baseAddress)
                    return body(&transform)
                }
            }
        }
    }

    /// Computes its targets, `length` bytes each; the pointers are those of the whole plan.
    func compute(
        from sources: [UnsafePointer<UInt8>?], into targets: [UnsafeMutablePointer<UInt8>?],
        length: Int
    ) {
        let sources = sourceAt.map { $0 < 0 ? nil : sources[$0] }
        let targets = targetAt.map { $0 < 0 ? nil : targets[$0] }
        TransformPlan.withTransform(
            logSize: logSize, isScaled: isScaled, sourceBase: sourceBase,
            sourceScales: sourceScales, targetBases: targetBases, targetScales: targetScales
        ) { transform in
            bd_gf256_transform_apply(
                kernel.rawValue, transform, table, sources, targets, length)
        }
    }
}
