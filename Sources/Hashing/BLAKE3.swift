internal import CKernels
package import Model

/// BLAKE3, the one hash of the project: content ids, fragment roots, derived keys.
///
/// All functions are pure and may be called from any thread. One input is hashed by one thread; the
/// chunks of the input, or of many inputs, are compressed side by side in vector registers.
///
/// - SeeAlso: O'Connor, Aumasson, Neves, Wilcox-O'Hearn, “BLAKE3: one function, fast
///   everywhere”, 2020; docs/formats/hashing.md.
package enum BLAKE3 {
    /// Bytes of a leaf of the tree: what the paper calls a chunk, and we a leaf, since our chunks
    /// are something else.
    package static let leafLength = Int(BD_BLAKE3_CHUNK_LENGTH)

    package static func hash(_ bytes: RawSpan, kernel: Kernel = .best) -> Bytes32 {
        hash(bytes, mode: .plain, kernel: kernel)
    }

    package static func keyedHash(
        _ bytes: RawSpan, key: Bytes32, kernel: Kernel = .best
    ) -> Bytes32 {
        hash(bytes, mode: .keyed(key), kernel: kernel)
    }

    /// Derives a key from `material` for one purpose.
    ///
    /// - Parameters:
    ///   - context: the purpose, globally unique and fixed in the source, such as
    ///     `bitdust 2026-01 chunk id`. Never made from input.
    ///   - material: any number of secret bytes.
    package static func deriveKey(
        context: String, material: RawSpan, kernel: Kernel = .best
    ) -> Bytes32 {
        hash(material, mode: .derivingKey(context: context), kernel: kernel)
    }

    package static func deriveKey(context: StaticString, material: RawSpan) -> Bytes32 {
        deriveKey(context: context.description, material: material)
    }

    package static func hash(
        _ bytes: RawSpan, mode: Mode, kernel: Kernel = .best
    ) -> Bytes32 {
        var state = mode.state(kernel)
        return Bytes32(filling: { target in
            bytes.withUnsafeBytes {
                bd_blake3_hash(
                    &state, $0.baseAddress, $0.count, target.baseAddress!.assumingByte)
            }
        })
    }

    /// Hashes into any number of bytes; the first 32 are those of ``hash(_:mode:kernel:)``.
    ///
    /// - Precondition: `byteCount >= 0`.
    package static func extendedHash(
        _ bytes: RawSpan, mode: Mode = .plain, byteCount: Int, kernel: Kernel = .best
    ) -> [UInt8] {
        var hasher = BLAKE3Hasher(mode, kernel: kernel)
        hasher.update(bytes)
        return hasher.finalize(byteCount: byteCount)
    }

    /// Hashes many inputs at once, of equal or different lengths: short ones fill the lanes
    /// together. Inputs of 1 KiB: eight times as fast as one after the other (AVX-512).
    ///
    /// - Parameters:
    ///   - ranges: the inputs, as offsets into `bytes`; they may overlap.
    ///   - digests: replaced by one digest for each range. Its memory is reused, and nothing else
    ///     is allocated.
    /// - Precondition: each range lies within `bytes`.
    package static func keyedHashes(
        of ranges: [Range<Int>], in bytes: UnsafeRawBufferPointer, key: Bytes32,
        into digests: inout [Bytes32], kernel: Kernel = .best
    ) {
        hashes(of: ranges, in: bytes, mode: .keyed(key), into: &digests, kernel: kernel)
    }

    /// Hashes many inputs at once in any mode; see ``keyedHashes(of:in:key:into:kernel:)``.
    package static func hashes(
        of ranges: [Range<Int>], in bytes: UnsafeRawBufferPointer, mode: Mode = .plain,
        into digests: inout [Bytes32], kernel: Kernel = .best
    ) {
        for range in ranges {
            precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        }
        digests.removeAll(keepingCapacity: true)
        digests.append(contentsOf: repeatElement(.zero, count: ranges.count))
        var state = mode.state(kernel)
        ranges.withUnsafeBytes { ranges in
            digests.withUnsafeMutableBytes { digests in
                // A `Range<Int>` is its two bounds, as is the C structure.
                let bounds = ranges.assumingMemoryBound(to: bd_blake3_range.self)
                bd_blake3_hash_ranges(
                    &state, bytes.baseAddress, bounds.baseAddress, bounds.count,
                    digests.baseAddress?.assumingByte)
            }
        }
    }
}

extension UnsafeMutableRawPointer {
    var assumingByte: UnsafeMutablePointer<UInt8> { assumingMemoryBound(to: UInt8.self) }
}
