internal import Compressing
internal import Model

extension Exercise {
    /// All stages between the file and the suppliers, in memory, on one thread.
    static func pipeline(_ scheme: ErasureScheme, byteCount: Int) -> [Exercise] {
        Material.allCases.map { material in
            Exercise(.pipeline, "\(material.rawValue), \(scheme)") {
                let source = material.buffer(byteCount: byteCount)
                let target = PageBuffer(byteCount: byteCount)
                let pipeline = try MemoryPipeline(scheme: scheme, compression: .standard)
                return [
                    Contender("ours", .ours, byteCount: byteCount) {
                        try pipeline.process(source.first(byteCount), isFinal: true)
                    } checksum: {
                        pipeline.checksum
                    }, .memcpy(source.first(byteCount), to: target[0..<byteCount]),
                ].keeping(source, target)
            }
        }
    }
}
