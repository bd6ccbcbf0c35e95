internal import Chunking
internal import Model

extension Exercise {
    /// Cutting into chunks of the usual lengths.
    static func chunking(byteCount: Int) -> [Exercise] {
        Material.allCases.map { material in
            Exercise(.chunking, material.rawValue) {
                let source = material.buffer(byteCount: byteCount)
                let bytes = source.first(byteCount)
                let target = PageBuffer(byteCount: byteCount)
                let chunker = Chunker(table: .measured)
                var cuts: UInt64 = 0
                return [
                    Contender("ours", .ours, byteCount: byteCount) {
                        cuts = 0
                        var rest = bytes
                        while let cut = chunker.firstCut(in: rest, isFinal: true) {
                            cuts = cuts &* 31 &+ UInt64(cut)
                            rest = UnsafeRawBufferPointer(rebasing: rest[cut...])
                        }
                    } checksum: {
                        cuts
                    },
                    .memcpy(bytes, to: target[0..<byteCount]),
                ].keeping(source, target)
            }
        }
    }
}

extension GearTable {
    /// Some table: all are equally fast.
    static let measured = GearTable(
        expanding: [UInt8](unsafeUninitializedCapacity: expandedByteCount) { target, count in
            GeneratedBytes.incompressible(UnsafeMutableRawBufferPointer(target), seed: 7)
            count = expandedByteCount
        })
}

/// The two kinds of input that the stages tell apart.
enum Material: String, CaseIterable, Sendable {
    case incompressible
    case sourceText = "source text"

    func buffer(byteCount: Int, seed: UInt64 = 1) -> PageBuffer {
        PageBuffer(byteCount: byteCount) { bytes in
            switch self {
            case .incompressible: GeneratedBytes.incompressible(bytes, seed: seed)
            case .sourceText: GeneratedBytes.sourceLike(bytes, seed: seed)
            }
        }
    }
}
