internal import ArgumentParser
internal import CKernels
internal import Daemon
internal import Model

struct Start: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Run the node here, until Ctrl-C.",
        discussion: """
            Examples:
              bitdust start
              bitdust start -d 8

            This is what a service manager runs. SIGTERM stops it, SIGHUP reads the configuration \
            again.
            """,
        aliases: ["go"])

    @Option(name: .shortAndLong, help: "Set logs/debug-level first.")
    var debug: Int?

    @Flag(name: .shortAndLong, help: "Write no log lines here.")
    var quiet = false

    @Option(help: ArgumentHelp("Report on this descriptor when ready.", visibility: .hidden))
    var readyFd: Int32?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        if let debug, debug < 0 { throw ValidationError("--debug takes 0 or more.") }
        if let readyFd, readyFd < 3 { throw ValidationError("--ready-fd takes 3 or more.") }
    }

    func run(in context: CommandContext) throws {
        bd_share_memory()
        let client = try NodeClient(context)
        let home = client.home
        let isEchoing = readyFd == nil && !quiet
        let console = context.console
        let options = NodeProcess.Options(
            readiness: ReadinessReporter(descriptor: readyFd), debugLevel: debug,
            echo: isEchoing ? { @Sendable line in console.message(line) } : nil)
        let setting = NodeSetting.ofCommands(context.environment)
        let ending = try waiting {
            try await NodeProcess(home: home, setting: setting, options: options).run()
        }
        guard ending == .restart else { return }
        throw ProcessReplacement.run(
            [ProcessReplacement.thisProgram, "start", "--home", home.path]
                + (quiet || readyFd != nil ? ["--quiet"] : []))
    }
}
