package import Model

/// Turns the data fragments of a block into parity fragments, and gives lost fragments back.
///
/// The code is systematic: data fragments are the block itself, cut. Positions 0 ..< `dataCount`
/// are data, the rest parity. Any `dataCount` fragments determine all others.
///
/// Thread rules: an implementation may be used from several threads at once.
package protocol ErasureCode: Sendable {
    var scheme: ErasureScheme { get }

    /// Computes all parity fragments.
    ///
    /// - Parameters:
    ///   - data: `dataCount` buffers of one length in bytes, on any address.
    ///   - parity: `parityCount` buffers of the same length, overlapping nothing.
    /// - Throws: ``ErasureError/wrongFragmentCount(have:need:)`` or
    ///   ``ErasureError/unequalFragmentLengths``.
    func encode(
        data: [UnsafeRawBufferPointer], parity: [UnsafeMutableRawBufferPointer]
    ) throws(ErasureError)

    /// Recomputes missing fragments, and nothing else, from any `dataCount` that are present.
    ///
    /// - Parameters:
    ///   - missing: positions to recompute, ascending, none of them present.
    ///   - present: at least `dataCount` fragments of one length in bytes.
    ///   - targets: one buffer of the same length for each entry of `missing`, in that order.
    /// - Throws: any case of ``ErasureError`` but `unsupportedScheme`.
    /// - Complexity: O(`missing.count` × `dataCount` × fragment length), less for wide schemes.
    func reconstruct(
        _ missing: [Int], present: [(position: Int, bytes: UnsafeRawBufferPointer)],
        into targets: [UnsafeMutableRawBufferPointer]
    ) throws(ErasureError)
}

/// Why fragments cannot be coded.
package enum ErasureError: Error, Equatable, Sendable {
    case tooFewFragments(have: Int, need: Int)
    case wrongFragmentCount(have: Int, need: Int)
    case unequalFragmentLengths
    /// A position twice among the present or the missing, or in both.
    case duplicatePosition(Int)
    case positionOutOfRange(Int)
    case positionsNotAscending
    case unsupportedScheme(ErasureScheme)
    /// liberasurecode returned this status.
    case library(status: Int32)
}

extension ErasureCode {
    /// The common length of all buffers of an encoding.
    func lengthToEncode(
        data: [UnsafeRawBufferPointer], parity: [UnsafeMutableRawBufferPointer]
    ) throws(ErasureError) -> Int {
        guard data.count == scheme.dataCount else {
            throw .wrongFragmentCount(have: data.count, need: scheme.dataCount)
        }
        guard parity.count == scheme.parityCount else {
            throw .wrongFragmentCount(have: parity.count, need: scheme.parityCount)
        }
        let length = data[0].count
        guard data.allSatisfy({ $0.count == length }), parity.allSatisfy({ $0.count == length })
        else { throw .unequalFragmentLengths }
        return length
    }

    /// The common length of all buffers of a reconstruction, once positions and counts are right.
    func lengthToReconstruct(
        _ missing: [Int], present: [(position: Int, bytes: UnsafeRawBufferPointer)],
        into targets: [UnsafeMutableRawBufferPointer]
    ) throws(ErasureError) -> Int {
        guard targets.count == missing.count else {
            throw .wrongFragmentCount(have: targets.count, need: missing.count)
        }
        var seen = InlineArray<256, Bool>(repeating: false)
        for position in present.map(\.position) + missing {
            guard (0..<scheme.fragmentCount).contains(position) else {
                throw .positionOutOfRange(position)
            }
            guard !seen[position] else { throw .duplicatePosition(position) }
            seen[position] = true
        }
        guard zip(missing, missing.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw .positionsNotAscending
        }
        guard present.count >= scheme.dataCount else {
            throw .tooFewFragments(have: present.count, need: scheme.dataCount)
        }
        let length = present[0].bytes.count
        guard present.allSatisfy({ $0.bytes.count == length }),
            targets.allSatisfy({ $0.count == length })
        else { throw .unequalFragmentLengths }
        return length
    }
}
