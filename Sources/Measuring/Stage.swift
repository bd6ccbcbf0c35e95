/// What is measured, in the order of the bytes: out to the suppliers, and back.
package enum Stage: String, CaseIterable, Sendable {
    case chunking, hashing, compressing, expanding, sealing, opening
    case coding, decoding, rebuilding
    case pipeline, backup, restore

    /// Whether it reads and writes files.
    package var usesDisk: Bool { self == .backup || self == .restore }
}

/// Whose work a figure is of.
package enum Role: String, Hashable, Sendable {
    /// This program's.
    case ours
    /// Moving the same bytes and nothing else: what no code can beat.
    case memory
    /// A library that does the same work, or the nearest to it.
    case library
}

/// Why a measurement means nothing.
package enum MeasuringError: Error, Equatable, CustomStringConvertible {
    /// A library made other bytes of the same input than this program.
    case differing(stage: Stage, detail: String, name: String)
    /// Two runs of the same work came to different bytes.
    case unstable(stage: Stage, detail: String, name: String)
    case system(call: String, number: Int32)
    case libraryFailed(name: String)

    package var description: String {
        switch self {
        case .differing(let stage, let detail, let name):
            "\(stage.rawValue), \(detail): \(name) makes other bytes of the same input"
        case .unstable(let stage, let detail, let name):
            "\(stage.rawValue), \(detail): two runs of \(name) came to different bytes"
        case .system(let call, let number): "\(call) failed: errno \(number)"
        case .libraryFailed(let name): "\(name) failed"
        }
    }
}
