internal import ArgumentParser
internal import Model
internal import Pipelines

struct Check: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask suppliers for all that they should hold.",
        discussion: """
            Examples:
              bitdust check                         is every fragment there?
              bitdust check --read-data             read each and verify its hash
              bitdust check --read-data --repair    and rebuild what is missing or wrong

            Exit code 0: all is there. 4: fragments are missing, but everything can be restored. \
            5: blocks are lost; the files that need them are named.
            """)

    @Flag(help: "Read every fragment and verify its hash.")
    var readData = false

    @Flag(help: "Rebuild fragments that are missing or damaged.")
    var repair = false

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let report = try context.withCustomer { customer in
            try context.transfer(CheckProgress(), output: output) { cancellation, progress in
                try customer.check(
                    readsData: readData, repairs: repair, cancellation: cancellation,
                    progress: { progress(CheckProgress(done: $0, total: $1)) },
                    waiting: WaitText.teller(context.console, output: output))
            }
        }
        let text = CheckText(report: report, hasReadData: readData)
        try text.tell(context.console, output: output)
        guard report.status != .done else { return }
        throw Shortfall(status: report.status, message: text.sentence(style: .plain))
    }
}
