internal import ArgumentParser
internal import Model
internal import Pipelines

struct Cat: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a file of a snapshot to standard output.",
        discussion: """
            Examples:
              bitdust cat latest notes.txt
              bitdust cat docs mail/inbox.mbox | grep -c '^From '
            """)

    @OptionGroup var choice: SnapshotArgument

    @Argument(help: "The file, as `bitdust ls` shows it.")
    var path: RawPath

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        try context.withCustomer { customer in
            let (id, _) = try choice.find(in: customer)
            try context.stoppable { cancellation in
                try customer.read(
                    id, path: path.bytes, cancellation: cancellation,
                    waiting: WaitText.teller(context.console, output: .normal)
                ) { try context.console.out($0) }
            }
        }
    }
}
