internal import ArgumentParser
internal import Model
internal import Pipelines

struct Status: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say how safe the backups are.",
        discussion: """
            Examples:
              bitdust status
              bitdust status --json

            It asks suppliers only whether they are there; `bitdust check` asks for each fragment.
            """)

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let (report, identity) = try context.withCustomer { (try $0.status(), $0.identity) }
        let text = StatusText(report: report, identity: identity, now: context.time.now)
        if output.json { return try context.console.out(text.message.line) }
        for line in text.lines(style: context.console.outStyle) { try context.console.out(line) }
        guard !report.isKeySaved else { return }
        let command = context.command("identity backup \(keyFileName(report.userName))")
        context.console.message(
            "\n" + context.console.errorStyle.warning("Save your recovery key NOW:") + "  "
                + command)
    }
}
