internal import ErasureCoding
internal import Model

/// Reed-Solomon coding by Intel's ISA-L, where it is installed, with the Cauchy matrix that ours
/// is: it makes the same bytes.
final class LibISAL: Sendable {
    private typealias MakeMatrix =
        @convention(c) (UnsafeMutablePointer<UInt8>, Int32, Int32) -> Void
    private typealias Invert =
        @convention(c) (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt8>, Int32) -> Int32
    private typealias MakeTables =
        @convention(c) (
            Int32, Int32, UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt8>
        ) -> Void
    private typealias Encode =
        @convention(c) (
            Int32, Int32, Int32, UnsafeMutablePointer<UInt8>, UnsafeRawPointer, UnsafeRawPointer
        ) -> Void

    private let makeMatrix: MakeMatrix
    private let invert: Invert
    private let makeTables: MakeTables
    private let encode: Encode

    static let shared = LibISAL()

    private init?() {
        let library = "libisal.so.2"
        guard
            let makeMatrix = SharedLibrary.function(
                "gf_gen_cauchy1_matrix", in: library, as: MakeMatrix.self),
            let invert = SharedLibrary.function(
                "gf_invert_matrix", in: library, as: Invert.self),
            let makeTables = SharedLibrary.function(
                "ec_init_tables", in: library, as: MakeTables.self),
            let encode = SharedLibrary.function(
                "ec_encode_data", in: library, as: Encode.self)
        else { return nil }
        self.makeMatrix = makeMatrix
        self.invert = invert
        self.makeTables = makeTables
        self.encode = encode
    }

    /// The tables of all parity fragments.
    func codingTables(_ scheme: ErasureScheme) -> [UInt8] {
        let matrix = Array(matrix(scheme)[(scheme.dataCount * scheme.dataCount)...])
        return tables(of: matrix, rowCount: scheme.parityCount, scheme)
    }

    /// The tables of missing data fragments.
    ///
    /// - Parameter present: `dataCount` positions, ascending.
    /// - Returns: `nil` when the matrix cannot be inverted, which a Cauchy matrix always can.
    func decodingTables(
        _ missing: [Int], present: [Int], _ scheme: ErasureScheme
    ) -> [UInt8]? {
        let count = scheme.dataCount
        let whole = matrix(scheme)
        var rows = present.flatMap { whole[$0 * count..<($0 + 1) * count] }
        var inverse = [UInt8](repeating: 0, count: count * count)
        guard invert(&rows, &inverse, Int32(count)) == 0 else { return nil }
        let wanted = missing.flatMap { inverse[$0 * count..<($0 + 1) * count] }
        return tables(of: wanted, rowCount: missing.count, scheme)
    }

    /// Computes `targets` from `dataCount` sources of one length in bytes.
    func compute(
        _ tables: inout [UInt8], from sources: [UnsafeMutableRawPointer],
        into targets: [UnsafeMutableRawPointer], length: Int
    ) {
        sources.withUnsafeBytes { sources in
            targets.withUnsafeBytes { targets in
                encode(
                    Int32(length), Int32(sources.count / MemoryLayout<Int>.size),
                    Int32(targets.count / MemoryLayout<Int>.size), &tables,
                    sources.baseAddress!, targets.baseAddress!)
            }
        }
    }

    private func matrix(_ scheme: ErasureScheme) -> [UInt8] {
        var matrix = [UInt8](repeating: 0, count: scheme.fragmentCount * scheme.dataCount)
        makeMatrix(&matrix, Int32(scheme.fragmentCount), Int32(scheme.dataCount))
        return matrix
    }

    private func tables(
        of matrix: [UInt8], rowCount: Int, _ scheme: ErasureScheme
    ) -> [UInt8] {
        var matrix = matrix
        var tables = [UInt8](repeating: 0, count: 32 * scheme.dataCount * rowCount)
        makeTables(Int32(scheme.dataCount), Int32(rowCount), &matrix, &tables)
        return tables
    }
}
