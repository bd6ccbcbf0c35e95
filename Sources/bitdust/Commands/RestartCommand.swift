internal import ArgumentParser
internal import Model

struct RestartCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Stop the node and start it again in the background.",
        discussion: """
            Examples:
              bitdust restart

            Starts it when it does not run.
            """,
        aliases: ["reboot"])

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        if client.isRunning { try Stop.stop(client, context) }
        try context.console.out("new BitDust process will be started in daemon mode")
        try DaemonCommand.start(client.home, context)
    }
}
