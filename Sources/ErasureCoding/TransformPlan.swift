internal import CKernels
internal import Model

/// What an additive Fourier transform needs to compute the targets of a ``CodingPlan``.
///
/// The sources, padded with zeros to an aligned block A of 2^r positions, are values of a
/// polynomial P of degree below 2^r. With W(x) the product of x + a over A, constant on every
/// other aligned block, and u the product of the non-zero elements below 2^r,
///
///     sum over s of A: value(s) / (x + s) = u / W(x) * P(x)
///
/// which is the sum that ``FragmentWeights`` asks for when value(s) = fragment(s) / r(s). Targets
/// within A itself, where P tells nothing new, are rows of a matrix.
///
/// - SeeAlso: Lin, Chung, Han, “Novel polynomial basis and its application to Reed–Solomon
///   erasure codes”, FOCS 2014.
struct TransformPlan: Sendable {
    private let kernel: CodingKernel
    private let shape: Shape
    private let table: [UInt8]
    /// For each of 2^r places of A the index of its source, or -1.
    private let sourceAt: [Int]
    /// For each place of each target block the index of its target, or -1; then those of the rows.
    private let targetAt: [Int]

    /// `nil` when the sources lie in no block of a useful size, or a matrix is no slower.
    init?(_ key: CodingPlan.Key, weights: FragmentWeights) {
        guard key.kernel != .scalar, let first = key.sources.first, let last = key.sources.last
        else { return nil }
        let span = first ^ last
        let logSize = max(4, span.bitWidth - span.leadingZeroBitCount)
        guard logSize <= 7 else { return nil }
        let far = key.targets.filter { $0 >> logSize != first >> logSize }
        let blocks = Set(far.map { $0 >> logSize }).sorted()
        guard
            TransformPlan.pays(
                logSize: logSize, blockCount: blocks.count,
                productCount: key.sources.count * far.count)
        else { return nil }
        let size = 1 << logSize
        var sourceAt = [Int](repeating: -1, count: size)
        for (index, source) in key.sources.enumerated() { sourceAt[source % size] = index }
        var targetAt = [Int](repeating: -1, count: size * blocks.count)
        for (index, target) in key.targets.enumerated() {
            if let block = blocks.firstIndex(of: target >> logSize) {
                targetAt[block * size + target % size] = index
            } else {
                targetAt.append(index)
            }
        }
        self.kernel = key.kernel
        self.sourceAt = sourceAt
        self.targetAt = targetAt
        self.shape = Shape(
            key, weights: weights, logSize: logSize, blocks: blocks, targetAt: targetAt)
        self.table = shape.withTransform { transform in
            let constantCount = bd_gf256_transform_constants(transform)
            let byteCount = constantCount * bd_gf256_constant_length(key.kernel.rawValue)
            var table = [UInt8](repeating: 0, count: byteCount)
            bd_gf256_transform_prepare(key.kernel.rawValue, transform, &table)
            return table
        }
    }

    /// Whether the transform beats a matrix of `productCount` multiplications for the targets
    /// outside the sources' block. The model is fitted to measurements: a butterfly costs two
    /// multiplications of the matrix.
    private static func pays(logSize: Int, blockCount: Int, productCount: Int) -> Bool {
        let butterflies = logSize << (logSize - 1)
        return blockCount > 0 && (1 + blockCount) * (2 * butterflies + 1 << logSize) < productCount
    }

    /// Computes the targets, `length` bytes each; the pointers are in the order of the plan's key.
    func compute(
        from sources: [UnsafePointer<UInt8>?], into targets: [UnsafeMutablePointer<UInt8>?],
        length: Int
    ) {
        let sources = sourceAt.map { $0 < 0 ? nil : sources[$0] }
        let targets = targetAt.map { $0 < 0 ? nil : targets[$0] }
        shape.withTransform { transform in
            bd_gf256_transform_apply(
                kernel.rawValue, transform, table, sources, targets, length)
        }
    }
}

/// The numbers of one transform, as `bd_gf256_transform` wants them.
private struct Shape: Sendable {
    let logSize: Int
    let isScaled: Bool
    let sourceBase: UInt8
    let sourceScales: [UInt8]
    let targetBases: [UInt8]
    let targetScales: [UInt8]
    let rowCoefficients: [UInt8]

    init(
        _ key: CodingPlan.Key, weights: FragmentWeights, logSize: Int, blocks: [Int],
        targetAt: [Int]
    ) {
        let size = 1 << logSize
        let base = key.sources[0] / size * size
        let common = weights.ratio(key.sources[0])
        let isScaled = key.sources.contains { weights.ratio($0) != common }
        var sourceScales = [UInt8](repeating: 0, count: size)
        for source in key.sources {
            sourceScales[source - base] = GaloisField.inverse(weights.ratio(source))
        }
        let unit = FragmentWeights.distance(from: 0, to: 0..<size)
        self.targetScales = targetAt[..<(size * blocks.count)].map { index in
            guard index >= 0 else { return 0 }
            let target = key.targets[index]
            let away = FragmentWeights.distance(from: target, to: base..<base + size)
            let scale = GaloisField.product(
                weights.ratio(target), GaloisField.quotient(unit, away))
            return isScaled ? scale : GaloisField.quotient(scale, common)
        }
        let sources = Set(key.sources)
        self.rowCoefficients = targetAt[(size * blocks.count)...].flatMap { index in
            (base..<base + size).map { place in
                sources.contains(place)
                    ? weights.coefficient(target: key.targets[index], source: place) : 0
            }
        }
        self.logSize = logSize
        self.isScaled = isScaled
        self.sourceBase = UInt8(base)
        self.sourceScales = sourceScales
        self.targetBases = blocks.map { UInt8($0 << logSize) }
    }

    func withTransform<Result>(_ body: (UnsafePointer<bd_gf256_transform>) -> Result) -> Result {
        sourceScales.withUnsafeBufferPointer { sourceScales in
            targetBases.withUnsafeBufferPointer { targetBases in
                targetScales.withUnsafeBufferPointer { targetScales in
                    rowCoefficients.withUnsafeBufferPointer { rows in
                        var transform = bd_gf256_transform(
                            logSize: Int32(logSize), sourceScaled: isScaled ? 1 : 0,
                            blockCount: targetBases.count, rowCount: rows.count >> logSize,
                            sourceBase: sourceBase, sourceScales: sourceScales.baseAddress,
                            targetBases: targetBases.baseAddress,
                            targetScales: targetScales.baseAddress,
                            rowCoefficients: rows.baseAddress)
                        return body(&transform)
                    }
                }
            }
        }
    }
}
