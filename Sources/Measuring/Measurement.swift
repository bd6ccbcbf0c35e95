internal import Model

/// Runs exercises and says how fast their contenders were.
///
/// The rounds are interleaved - ours, its ceiling, ours, its ceiling - so that noise of a shared
/// machine hits all of them. Before them each contender runs once, which warms caches and pages,
/// and its checksum is taken; after them it must be the same.
package struct Measurement: Sendable {
    package let clocks: Clocks
    /// Threads at the same time for the figures of all cores.
    package let threadCount: Int
    package let roundCount: Int
    /// What one exercise may take; at least one run for each round.
    package let nanosecondsPerExercise: UInt64

    package static let roundCountDefault = 7

    /// - Precondition: at least one thread and one round.
    package init(
        clocks: Clocks, threadCount: Int, roundCount: Int = Measurement.roundCountDefault,
        seconds: Double
    ) {
        precondition(threadCount > 0 && roundCount > 0)
        self.clocks = clocks
        self.threadCount = threadCount
        self.roundCount = roundCount
        self.nanosecondsPerExercise = UInt64(max(0, min(3600, seconds)) * 1e9)
    }

    /// - Throws: ``MeasuringError``, and what the stages throw.
    package func measure(_ exercise: Exercise) throws -> ExerciseResult {
        let contenders = try exercise.make()
        let checksums = try verify(contenders, of: exercise)
        let samples =
            exercise.hasOwnThreads
            ? try wholeRuns(contenders) : try runs(contenders, of: exercise)
        let results = zip(contenders, checksums).enumerated().map { index, pair in
            ContenderResult(
                name: pair.0.name, role: pair.0.role,
                perCore: Throughput(samples.map { $0[index].perCore }),
                allCores: Throughput(samples.map { $0[index].allCores }), checksum: pair.1)
        }
        for (contender, result) in zip(contenders, results) where contender.role == .ours {
            // What ran last may have been another contender on the same buffers.
            try contender.ready()
            try contender.run()
            guard try contender.checksum() == result.checksum else {
                throw MeasuringError.unstable(
                    stage: exercise.stage, detail: exercise.detail, name: contender.name)
            }
        }
        return ExerciseResult(
            stage: exercise.stage, detail: exercise.detail, contenders: results)
    }

    /// One run each.
    private func verify(_ contenders: [Contender], of exercise: Exercise) throws -> [UInt64] {
        var checksums: [UInt64] = []
        for contender in contenders {
            try contender.ready()
            try contender.run()
            checksums.append(try contender.checksum())
            guard !contender.makesTheSame || checksums.last == checksums.first else {
                throw MeasuringError.differing(
                    stage: exercise.stage, detail: exercise.detail, name: contender.name)
            }
        }
        return checksums
    }

    // MARK: Rounds

    /// GB/s of one round.
    private struct Sample {
        var perCore: Double
        var allCores: Double
    }

    private func wholeRuns(_ contenders: [Contender]) throws -> [[Sample]] {
        try (0..<roundCount).map { _ in
            try contenders.map { contender in
                try contender.ready()
                let (wall, process) = (clocks.wall.uptime, clocks.process.uptime)
                try contender.run()
                let spent = clocks.process.uptime - process
                return Sample(
                    perCore: Throughput.rate(byteCount: contender.byteCount, nanoseconds: spent),
                    allCores: Throughput.rate(
                        byteCount: contender.byteCount, nanoseconds: clocks.wall.uptime - wall))
            }
        }
    }

    private func runs(_ contenders: [Contender], of exercise: Exercise) throws -> [[Sample]] {
        let target = nanosecondsPerExercise / UInt64(2 * roundCount * contenders.count)
        let runCounts = try contenders.map { try runCount(of: $0, filling: target) }
        let teams = try team(contenders, of: exercise)
        return try (0..<roundCount).map { _ in
            try contenders.indices.map { index in
                let contender = contenders[index]
                let runCount = runCounts[index]
                let start = clocks.thread.uptime
                for _ in 0..<runCount { try contender.run() }
                let spent = clocks.thread.uptime - start
                let byteCount = runCount * contender.byteCount
                let rate = Throughput.rate(byteCount: byteCount, nanoseconds: spent)
                let wall = try teams[index].run(count: runCount, clock: clocks.wall)
                return Sample(
                    perCore: rate,
                    allCores: Throughput.rate(
                        byteCount: byteCount * threadCount, nanoseconds: wall))
            }
        }
    }

    /// Runs that take about as long as `nanoseconds`.
    private func runCount(of contender: Contender, filling nanoseconds: UInt64) throws -> Int {
        let start = clocks.thread.uptime
        try contender.run()
        let spent = max(1, clocks.thread.uptime - start)
        return Int(max(1, min(1_000_000, nanoseconds / spent)))
    }

    /// For each contender a team of as many as there are threads, each on its own buffers.
    private func team(_ contenders: [Contender], of exercise: Exercise) throws -> [Team] {
        var members = contenders.map { [$0] }
        for _ in 1..<max(1, threadCount) where threadCount > 1 {
            for (index, contender) in try exercise.make().enumerated() {
                try contender.run()
                members[index].append(contender)
            }
        }
        return members.map(Team.init)
    }
}
