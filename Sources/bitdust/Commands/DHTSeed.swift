internal import ArgumentParser
internal import Daemon
internal import Model

struct DHTSeed: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "dhtseed",
        abstract: "Run a bare seed: a node of the DHT and nothing else.",
        discussion: """
            Examples:
              bitdust dhtseed
              bitdust dhtseed daemon

            It switches off every service but the DHT and what that needs, and runs until Ctrl-C; \
            with `daemon` in the background.
            """)

    @Argument(help: ArgumentHelp("`daemon` to run in the background.", valueName: "daemon"))
    var mode: String?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        if let mode, mode != "daemon" {
            throw ValidationError("After dhtseed only `daemon` can stand, not '\(mode)'.")
        }
    }

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        guard !client.isRunning else {
            let names = client.processID.map { "\($0)" } ?? "starting"
            return try context.console.out(
                "main BitDust process already started: [\(names)]")
        }
        try client.home.create()
        try SeedRole.apply(to: client.home, setting: .ofCommands(context.environment))
        guard mode == nil else { return try DaemonCommand.start(client.home, context) }
        var start = Start()
        start.debug = nil
        start.quiet = false
        start.readyFd = nil
        start.global = global
        try start.run(in: context)
    }
}
