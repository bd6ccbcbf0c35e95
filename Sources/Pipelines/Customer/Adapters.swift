package import Model
package import Suppliers

/// What comes from outside: the clock, randomness, the machine's size and its names.
package struct Adapters: Sendable {
    package let time: any TimeSource
    package let random: any RandomSource
    /// Threads that work at the same time, usually one for each core.
    package let workerCount: Int
    /// What the buffers of a pipeline may take together.
    package let memoryByteCount: Int
    /// How suppliers are reached: directories of this machine unless something else is given.
    package var suppliers: any SupplierConnector
    /// How long backups and all that reads wait for suppliers that have stopped answering.
    package var patience = LanePatience()
    /// How long a supplier may take before another is asked too.
    package var hedging = HedgeDelays()
    /// Nanoseconds of silence after which a supplier counts as gone.
    package var grace = Limits.supplierGrace
    package var hostName = "localhost"
    package var userName = "user"

    package init(
        time: any TimeSource, random: any RandomSource, workerCount: Int, memoryByteCount: Int
    ) {
        precondition(workerCount > 0)
        self.time = time
        self.random = random
        self.workerCount = workerCount
        self.memoryByteCount = memoryByteCount
        self.suppliers = LocalSuppliers(time: time, random: random)
    }
}

/// The program's version, as `--version` prints it.
package enum ProgramVersion {
    package static let current = "0.1.0"
}
