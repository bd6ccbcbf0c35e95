package import Model

/// Systematic Reed-Solomon coding over GF(2^8) with a Cauchy matrix, by kernels of our own.
///
/// Parity fragment i is the sum over j of data fragment j divided by (dataCount + i) XOR j, as
/// docs/formats/erasure-code.md defines it. Any k+m up to 255 is supported.
package struct ReedSolomon: ErasureCode {
    package let scheme: ErasureScheme
    private let kernel: CodingKernel
    private let encodePlan: CodingPlan

    /// Codes with `kernel`, or the fastest one when it is `nil` or this processor lacks it.
    package init(scheme: ErasureScheme, kernel: CodingKernel? = nil) {
        let kernel = kernel.flatMap { $0.isSupported ? $0 : nil } ?? CodingKernel.best
        self.scheme = scheme
        self.kernel = kernel
        self.encodePlan = PlanCache.shared.plan(
            CodingPlan.Key(
                scheme: scheme, kernel: kernel, sources: Array(0..<scheme.dataCount),
                targets: Array(scheme.dataCount..<scheme.fragmentCount)))
    }

    package func encode(
        data: [UnsafeRawBufferPointer], parity: [UnsafeMutableRawBufferPointer]
    ) throws(ErasureError) {
        let length = try lengthToEncode(data: data, parity: parity)
        encodePlan.compute(
            from: data.map { $0.baseAddress?.assumingMemoryBound(to: UInt8.self) },
            into: parity.map { $0.baseAddress?.assumingMemoryBound(to: UInt8.self) },
            length: length)
    }

    package func reconstruct(
        _ missing: [Int], present: [(position: Int, bytes: UnsafeRawBufferPointer)],
        into targets: [UnsafeMutableRawBufferPointer]
    ) throws(ErasureError) {
        let length = try lengthToReconstruct(missing, present: present, into: targets)
        if missing.isEmpty { return }
        let present = present.sorted { $0.position < $1.position }
        let first = firstSource(present.map(\.position))
        let sources = present[first..<first + scheme.dataCount]
        let plan = PlanCache.shared.plan(
            CodingPlan.Key(
                scheme: scheme, kernel: kernel, sources: sources.map(\.position),
                targets: missing))
        plan.compute(
            from: sources.map { $0.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) },
            into: targets.map { $0.baseAddress?.assumingMemoryBound(to: UInt8.self) },
            length: length)
    }

    /// Where in `positions`, ascending, the run of `dataCount` sources begins.
    ///
    /// The lowest positions serve; but when no data fragment is there, a run inside one aligned
    /// block of the field that holds no data, if there is one: a transform then gives all data.
    private func firstSource(_ positions: [Int]) -> Int {
        guard positions[0] >= scheme.dataCount else { return 0 }
        let last = scheme.dataCount - 1
        var logSize = 2
        while 1 << logSize < scheme.dataCount { logSize += 1 }
        let starts = positions.indices.dropLast(last)
        return starts.first { start in
            let block = positions[start] >> logSize
            return block > 0 && positions[start + last] >> logSize == block
        } ?? 0
    }
}
