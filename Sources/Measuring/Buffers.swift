internal import Glibc
internal import Hashing
internal import Model

extension PageBuffer {
    /// Filled by `fill`.
    convenience init(byteCount: Int, filling fill: (UnsafeMutableRawBufferPointer) -> Void) {
        self.init(byteCount: byteCount)
        fill(bytes)
    }

    /// The first `count` bytes, to be read.
    func first(_ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(self[0..<count])
    }
}

/// Folds the BLAKE3 digest of all parts, one after the other, to a word.
func checksum(of parts: [UnsafeRawBufferPointer]) -> UInt64 {
    var hasher = BLAKE3Hasher()
    for part in parts { hasher.update(part.bytes) }
    return hasher.finalize().words.0
}

extension Contender {
    /// Copies `source` to `target` and nothing else.
    static func memcpy(
        _ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer
    ) -> Contender {
        memcpy([source], to: [target])
    }

    /// Copies each source to a target, round and round when there are fewer.
    ///
    /// - Precondition: no source is longer than any target, and there is a target.
    static func memcpy(
        _ sources: [UnsafeRawBufferPointer], to targets: [UnsafeMutableRawBufferPointer]
    ) -> Contender {
        Contender("memcpy", .memory, byteCount: sources.reduce(0) { $0 + $1.count }) {
            for (index, source) in sources.enumerated() {
                targets[index % targets.count].copyMemory(from: source)
            }
        }
    }

    /// Reads as many bytes as `sources` have, of which none is zero, and writes nothing.
    static func reading(_ sources: [UnsafeRawBufferPointer]) -> Contender {
        let byteCount = sources.reduce(0) { $0 + $1.count }
        let bytes = Material.incompressible.buffer(byteCount: byteCount)
        return Contender("reading", .memory, byteCount: byteCount) {
            // A search that finds nothing is the fastest reader that the C library has.
            guard memchr(bytes.pointer, 0, byteCount) == nil else {
                throw MeasuringError.libraryFailed(name: "memchr")
            }
        }
    }
}
