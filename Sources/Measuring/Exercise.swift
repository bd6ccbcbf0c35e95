/// One row of the table: the same work by several contenders, ours first.
package struct Exercise: Sendable {
    package let stage: Stage
    /// What distinguishes it from others of its stage: `10+6, 1 MiB`.
    package let detail: String
    /// Whether a run takes all cores by itself, as a whole backup does. Of others, every core is
    /// given contenders of its own.
    package let hasOwnThreads: Bool
    /// Makes the contenders of one thread; they share their buffers.
    let make: @Sendable () throws -> [Contender]

    init(
        _ stage: Stage, _ detail: String, hasOwnThreads: Bool = false,
        make: @escaping @Sendable () throws -> [Contender]
    ) {
        self.stage = stage
        self.detail = detail
        self.hasOwnThreads = hasOwnThreads
        self.make = make
    }
}

/// Who does the work of an exercise, on buffers that are there already.
struct Contender {
    let name: String
    let role: Role
    /// Bytes that go in at each run: what a throughput counts.
    let byteCount: Int
    /// Whether its ``checksum`` must be that of ours.
    let makesTheSame: Bool
    /// Readies files for one run, outside the time that is measured.
    let ready: () throws -> Void
    /// One run.
    let run: () throws -> Void
    /// Of what the last run made.
    let checksum: () throws -> UInt64

    init(
        _ name: String, _ role: Role, byteCount: Int, makesTheSame: Bool = false,
        ready: @escaping () throws -> Void = {}, run: @escaping () throws -> Void,
        checksum: @escaping () throws -> UInt64 = { 0 }
    ) {
        self.name = name
        self.role = role
        self.byteCount = byteCount
        self.makesTheSame = makesTheSame
        self.ready = ready
        self.run = run
        self.checksum = checksum
    }
}

extension Array where Element == Contender {
    /// The same contenders, which keep `owners` until they are gone: their closures may work on
    /// bare pointers into them.
    func keeping(_ owners: AnyObject...) -> [Contender] {
        map { contender in
            Contender(
                contender.name, contender.role, byteCount: contender.byteCount,
                makesTheSame: contender.makesTheSame,
                ready: { try withExtendedLifetime(owners) { try contender.ready() } },
                run: { try withExtendedLifetime(owners) { try contender.run() } },
                checksum: { try withExtendedLifetime(owners) { try contender.checksum() } })
        }
    }
}
