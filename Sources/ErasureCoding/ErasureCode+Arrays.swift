internal import Model

/// Whole arrays, copied in and out: for tests and the cold paths.
extension ErasureCode {
    /// The parity of `data`, `dataCount` fragments of one length in bytes.
    package func parity(of data: [[UInt8]]) throws(ErasureError) -> [[UInt8]] {
        let length = data.first?.count ?? 0
        guard data.allSatisfy({ $0.count == length }) else { throw .unequalFragmentLengths }
        return try withParts(of: data.flatMap { $0 }, count: data.count) {
            (sources) throws(ErasureError) in
            try filled(count: scheme.parityCount, length: length) {
                (targets) throws(ErasureError) in
                try encode(data: sources, parity: targets)
            }
        }
    }

    /// The fragments at `missing`, in that order, from fragments that are present.
    package func reconstruct(
        _ missing: [Int], from present: [(position: Int, bytes: [UInt8])]
    ) throws(ErasureError) -> [[UInt8]] {
        let length = present.first?.bytes.count ?? 0
        guard present.allSatisfy({ $0.bytes.count == length }) else {
            throw .unequalFragmentLengths
        }
        return try withParts(of: present.flatMap(\.bytes), count: present.count) {
            (sources) throws(ErasureError) in
            let present = zip(present, sources).map { (position: $0.position, bytes: $1) }
            return try filled(count: missing.count, length: length) {
                (targets) throws(ErasureError) in
                try reconstruct(missing, present: present, into: targets)
            }
        }
    }

    private func withParts<Result>(
        of bytes: [UInt8], count: Int,
        _ body: ([UnsafeRawBufferPointer]) throws(ErasureError) -> Result
    ) throws(ErasureError) -> Result {
        let outcome = bytes.withUnsafeBytes { whole in
            let length = count == 0 ? 0 : whole.count / count
            let parts = (0..<count).map {
                UnsafeRawBufferPointer(rebasing: whole[$0 * length..<($0 + 1) * length])
            }
            return Swift.Result { () throws(ErasureError) in try body(parts) }
        }
        return try outcome.get()
    }

    private func filled(
        count: Int, length: Int,
        _ body: ([UnsafeMutableRawBufferPointer]) throws(ErasureError) -> Void
    ) throws(ErasureError) -> [[UInt8]] {
        var bytes = [UInt8](repeating: 0, count: count * length)
        let outcome = bytes.withUnsafeMutableBytes { whole in
            let parts = (0..<count).map {
                UnsafeMutableRawBufferPointer(rebasing: whole[$0 * length..<($0 + 1) * length])
            }
            return Swift.Result { () throws(ErasureError) in try body(parts) }
        }
        try outcome.get()
        return (0..<count).map { Array(bytes[$0 * length..<($0 + 1) * length]) }
    }
}
