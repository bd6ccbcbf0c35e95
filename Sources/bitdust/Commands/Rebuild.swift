internal import ArgumentParser
internal import Model
internal import Pipelines

struct Rebuild: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask, audit, and rebuild what suppliers have lost.",
        discussion: """
            Examples:
              bitdust rebuild                           one round, now
              bitdust rebuild --suppliers /mnt/new/bd   onto a new supplier too
              bitdust rebuild --dismiss /mnt/old/bd     move everything away from one
              bitdust rebuild --limit 5                 5 MiB each second

            A supplier that is silent is waited for as long as services/rebuilding/grace-hours \
            says, a day unless it was set, but not where a block could not stand one more loss. \
            The running node does such a round by itself.

            Exit codes as those of `bitdust health`.
            """)

    @Option(
        help: ArgumentHelp(
            "Directories to use as further suppliers; remembered.", valueName: "dir,dir"),
        completion: .directory)
    var suppliers: DirectoryList?

    @Option(
        help: ArgumentHelp(
            "A supplier that is to hold nothing any more: its address, or how its id begins.",
            valueName: "supplier"))
    var dismiss: [String] = []

    @Option(help: ArgumentHelp("Take a dismissed supplier back.", valueName: "supplier"))
    var keep: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            Hours of silence after which a supplier counts as gone, for this run (default: \
            services/rebuilding/grace-hours).
            """, valueName: "hours"))
    var grace: UInt64?

    @Option(help: ArgumentHelp("Move at most this many MiB each second.", valueName: "MiB"))
    var limit: Int?

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard grace ?? 0 <= 24 * 3650 else {
            throw ValidationError("--grace takes at most ten years.")
        }
        guard (1...(1 << 20)).contains(limit ?? 1) else {
            throw ValidationError("--limit takes 1 to 1048576.")
        }
    }

    func run(in context: CommandContext) throws {
        var request = RebuildRequest()
        request.grace = grace.map { $0 * 3_600_000_000_000 }
        request.bytesPerSecond = limit.map { $0 << 20 }
        let report = try context.withCustomer { customer in
            if let suppliers { _ = try customer.useSuppliers(suppliers.absolute) }
            for name in dismiss { try customer.setLeaving(true, customer.supplier(named: name).id) }
            for name in keep { try customer.setLeaving(false, customer.supplier(named: name).id) }
            return try context.transfer(RebuildProgress(), output: output) {
                try customer.rebuild(request, cancellation: $0, progress: $1)
            }
        }
        let text = RebuildText(report: report)
        try text.tell(context.console, output: output)
        guard report.health.status != .done else { return }
        throw Shortfall(
            status: report.health.status,
            message: HealthText(report: report.health).sentence(style: .plain))
    }
}
