internal import ArgumentParser
internal import Model
internal import Pipelines

struct Health: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what is stored, doubtful and lost, and what is being done.",
        discussion: """
            Examples:
              bitdust health
              bitdust health --json

            It says what is known from the last audits and who answers now; `bitdust rebuild` \
            asks for everything and mends it.

            Exit code 0: all is where it belongs. 4: something is missing or doubtful, but \
            everything can be restored. 5: blocks are lost.
            """)

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let report = try context.withCustomer { try $0.health() }
        let text = HealthText(report: report)
        if output.json {
            try context.console.out(text.message.line)
        } else {
            for line in text.lines(style: context.console.outStyle) {
                try context.console.out(line)
            }
        }
        guard report.status != .done else { return }
        throw Shortfall(status: report.status, message: text.sentence(style: .plain))
    }
}
