/// GB (10^9 bytes) per second of several rounds.
package struct Throughput: Hashable, Sendable {
    package let min: Double
    package let median: Double
    package let max: Double
    package let roundCount: Int

    /// - Precondition: `values` is not empty.
    package init(_ values: [Double]) {
        precondition(!values.isEmpty)
        let sorted = values.sorted()
        let middle = sorted.count / 2
        min = sorted[0]
        max = sorted[sorted.count - 1]
        median =
            sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        roundCount = sorted.count
    }

    /// Bytes for each nanosecond are GB per second.
    static func rate(byteCount: Int, nanoseconds: UInt64) -> Double {
        Double(byteCount) / Double(Swift.max(1, nanoseconds))
    }
}

/// What one contender reached.
package struct ContenderResult: Hashable, Sendable {
    package let name: String
    package let role: Role
    /// By processor time: others at work on the machine count little.
    package let perCore: Throughput
    /// By the clock on the wall.
    package let allCores: Throughput
    package let checksum: UInt64

    package init(
        name: String, role: Role, perCore: Throughput, allCores: Throughput, checksum: UInt64
    ) {
        self.name = name
        self.role = role
        self.perCore = perCore
        self.allCores = allCores
        self.checksum = checksum
    }
}

/// What an exercise came to; ours is the first contender.
package struct ExerciseResult: Hashable, Sendable {
    package let stage: Stage
    package let detail: String
    package let contenders: [ContenderResult]

    package init(stage: Stage, detail: String, contenders: [ContenderResult]) {
        self.stage = stage
        self.detail = detail
        self.contenders = contenders
    }

    package var ours: ContenderResult { contenders[0] }
    package var others: ArraySlice<ContenderResult> { contenders.dropFirst() }
}
