internal import Hashing
internal import Model

extension Exercise {
    /// Keyed hashes of one input after the other, and of many short ones at once.
    static func hashing(byteCount: Int) -> [Exercise] {
        let lengths = [1 << 20, 16 << 10].map { min($0, byteCount) }
        return lengths.map { length in
            Exercise(.hashing, byteCountText(length)) {
                try inputs(byteCount: byteCount, length: length) { source, ranges, digests in
                    for (index, range) in ranges.enumerated() {
                        let part = UnsafeRawBufferPointer(rebasing: source[range])
                        digests[index] = BLAKE3.keyedHash(part.bytes, key: .measured)
                    }
                }
            }
        } + [
            Exercise(.hashing, "many of 1 KiB") {
                try inputs(byteCount: byteCount, length: 1 << 10) { source, ranges, digests in
                    BLAKE3.keyedHashes(of: ranges, in: source, key: .measured, into: &digests)
                }
            }
        ]
    }

    private static func inputs(
        byteCount: Int, length: Int,
        _ hash: @escaping (UnsafeRawBufferPointer, [Range<Int>], inout [Bytes32]) -> Void
    ) throws -> [Contender] {
        let buffer = Material.incompressible.buffer(byteCount: byteCount)
        let source = buffer.first(byteCount)
        let target = PageBuffer(byteCount: byteCount)
        let ranges = stride(from: 0, to: byteCount, by: length).map {
            $0..<min(byteCount, $0 + length)
        }
        var digests = [Bytes32](repeating: .zero, count: ranges.count)
        let checksum = { digests.reduce(0) { $0 &* 31 &+ $1.words.0 } }
        let parts = ranges.map { UnsafeRawBufferPointer(rebasing: source[$0]) }
        let blake3 = LibBLAKE3.shared.map { library in
            Contender(
                "libblake3", .library, byteCount: byteCount, makesTheSame: true,
                run: {
                    for (index, part) in parts.enumerated() {
                        digests[index] = library.keyedHash(part, key: .measured)
                    }
                }, checksum: checksum)
        }
        let sha256 = Contender("libcrypto SHA-256", .library, byteCount: byteCount) {
            for (index, part) in parts.enumerated() {
                digests[index] = try LibCrypto.sha256(part)
            }
        }
        return [
            Contender(
                "ours", .ours, byteCount: byteCount, run: { hash(source, ranges, &digests) },
                checksum: checksum),
            .memcpy(parts, to: ranges.map { target[$0] }), blake3 ?? sha256,
        ].keeping(buffer, target)
    }
}

extension Bytes32 {
    /// Some key.
    static let measured = Bytes32(words: (1, 2, 3, 4))
}

/// `64 KiB`, `1 MiB`, `100 bytes`.
func byteCountText(_ byteCount: Int) -> String {
    for (shift, unit) in [(20, "MiB"), (10, "KiB")]
    where byteCount >= 1 << shift && byteCount % (1 << shift) == 0 {
        return "\(byteCount >> shift) \(unit)"
    }
    return "\(byteCount) bytes"
}
