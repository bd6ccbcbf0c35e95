package import Model

/// Which exercises to run, and on how much.
package struct Suite: Sendable {
    package var stages: [Stage] = Stage.allCases
    package var schemes: [ErasureScheme] = [.measured]
    package var fragmentLengths: [Int] = [1 << 20]
    /// Coding libraries to measure beside ours; those that are not installed are left out.
    package var libraries: [CodingLibrary] = CodingLibrary.allCases
    package var sizes = Sizes()
    /// `nil` where there is no place for files: nothing is measured on disk then.
    package var workspace: Workspace?

    /// Bytes of input of the stages.
    package struct Sizes: Sendable {
        /// Of chunking and hashing: fits the second cache, so that they are measured, not memory.
        package var cached = 1 << 20
        /// Of compression, several frames.
        package var frames = 4 << 20
        package var pipeline = 32 << 20
        package var disk = 128 << 20

        package init() {}

        /// As little as makes every code path run.
        package static var tiny: Sizes {
            var sizes = Sizes()
            sizes.cached = 40_000
            sizes.frames = 100_000
            sizes.pipeline = 200_000
            sizes.disk = 300_000
            return sizes
        }
    }

    package init() {}

    package var exercises: [Exercise] { stages.flatMap(exercises) }

    private func exercises(of stage: Stage) -> [Exercise] {
        switch stage {
        case .chunking: Exercise.chunking(byteCount: max(sizes.cached, 4 * sizes.frames))
        case .hashing: Exercise.hashing(byteCount: sizes.cached)
        case .compressing: Exercise.compressing(byteCount: sizes.frames)
        case .expanding: Exercise.expanding(byteCount: sizes.frames)
        case .sealing: Exercise.sealing(byteCount: sizes.cached)
        case .opening: Exercise.opening(byteCount: sizes.cached)
        case .coding: shapes { .coding($0, length: $1, against: libraries) }
        case .decoding: shapes { .decoding($0, length: $1, against: libraries) }
        case .rebuilding: shapes { .rebuilding($0, length: $1, against: libraries) }
        case .pipeline: schemes.flatMap { Exercise.pipeline($0, byteCount: sizes.pipeline) }
        case .backup: onDisk { Exercise.backup($0, byteCount: sizes.disk, in: $1) }
        case .restore: onDisk { Exercise.restore($0, byteCount: sizes.disk, in: $1) }
        }
    }

    /// One for each length and scheme with parity: without there is nothing to compute.
    private func shapes(_ make: (ErasureScheme, Int) -> Exercise) -> [Exercise] {
        fragmentLengths.flatMap { length in
            schemes.filter { $0.parityCount > 0 }.map { make($0, length) }
        }
    }

    private func onDisk(_ make: (ErasureScheme, Workspace) -> [Exercise]) -> [Exercise] {
        guard let workspace else { return [] }
        return schemes.flatMap { make($0, workspace) }
    }
}
