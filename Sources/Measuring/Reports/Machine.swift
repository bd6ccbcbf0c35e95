internal import Chunking
internal import ErasureCoding
internal import Glibc
internal import Hashing

/// What the figures were measured on.
package struct Machine: Hashable, Sendable {
    package let processor: String
    package let coreCount: Int
    /// The instructions that the kernels of ours use here.
    package let kernels: String

    package init(processor: String, coreCount: Int, kernels: String) {
        self.processor = processor
        self.coreCount = coreCount
        self.kernels = kernels
    }

    /// This one.
    package init(coreCount: Int) {
        self.init(
            processor: Machine.processorName ?? "unknown processor", coreCount: coreCount,
            kernels: "chunking \(GearKernel.best), hashing \(BLAKE3.Kernel.best), "
                + "coding \(CodingKernel.best)")
    }

    private static var processorName: String? {
        guard let file = fopen("/proc/cpuinfo", "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("model name") }),
            let colon = line.firstIndex(of: ":")
        else { return nil }
        return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
}

/// Figures as people read them.
package enum FigureText {
    /// Three digits that mean something: `0.512`, `9.87`, `48.3`, `102`.
    package static func figure(_ value: Double) -> String {
        guard value.isFinite, value >= 0, value < 1e9 else { return "-" }
        let decimals = value < 0.9995 ? 3 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        let scale = [1, 10, 100, 1000][decimals]
        let scaled = Int((value * Double(scale)).rounded())
        guard decimals > 0 else { return String(scaled) }
        let rest = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: decimals - rest.count) + rest
    }

    /// How many times `theirs` fits in `ours`: `4.1x`.
    package static func ratio(_ ours: Double, _ theirs: Double) -> String {
        theirs > 0 ? figure(ours / theirs) + "x" : "-"
    }
}
