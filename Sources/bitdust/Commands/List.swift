internal import ArgumentParser
internal import Model
internal import Pipelines

struct List: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the files of a snapshot.",
        discussion: """
            Examples:
              bitdust ls latest
              bitdust ls -l docs mail/2026
              bitdust ls -R 7f3a91c0 --json
            """)

    @OptionGroup var choice: SnapshotArgument

    @Argument(help: "A folder or file in it (default: the top).")
    var path: RawPath?

    @Flag(name: .shortAndLong, help: "Show mode, owner, size and time.")
    var long = false

    @Flag(name: [.customShort("R"), .long], help: "Go into folders.")
    var recursive = false

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let console = context.console
        try context.withCustomer { customer in
            let (id, snapshot) = try choice.find(in: customer)
            if output.json {
                try console.out(SnapshotText.message(id, snapshot, kind: "snapshot").line)
            }
            var quietness = OutputOptions.normal
            quietness.json = output.json
            let waiting = WaitText.teller(console, output: quietness)
            try context.stoppable { cancellation in
                try customer.list(
                    id, path: path?.bytes ?? [], isRecursive: recursive,
                    cancellation: cancellation, waiting: waiting
                ) { try show($0, $1, on: console) }
            }
        }
    }

    private func show(_ path: [UInt8], _ entry: TreeEntry, on console: Console) throws {
        if output.json { return try console.out(EntryText.message(path, entry).line) }
        let text = long ? EntryText.longLine(path, entry) : path
        // A terminal must not obey the names of files; a pipe gets them as they are.
        try console.out(
            bytes: (console.isOutTerminal ? Array(displayText(text).utf8) : text)
                + [UInt8(ascii: "\n")])
    }
}
