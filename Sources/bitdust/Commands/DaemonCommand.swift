internal import ArgumentParser
internal import Daemon
internal import Model

struct DaemonCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "daemon",
        abstract: "Start the node in the background.",
        discussion: """
            Examples:
              bitdust daemon
              BITDUST_HOME=/srv/bitdust bitdust daemon

            It returns when the node is ready, or tells why it is not.
            """,
        aliases: ["detach"])

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        guard !client.isRunning else {
            let names = client.processID.map { "\($0)" } ?? "starting"
            try context.console.out("main BitDust process already started: [\(names)]")
            return
        }
        try context.console.out("new BitDust process will be started in daemon mode")
        try DaemonCommand.start(client.home, context)
    }

    static func start(_ home: NodeHome, _ context: CommandContext) throws {
        try home.create()
        let process = try DetachedProcess(
            home: home,
            command: [ProcessReplacement.thisProgram, "start", "--home", home.path]
        ).start()
        context.console.message("BitDust process \(process) is ready, its logs are in \(home.logs)")
    }
}
