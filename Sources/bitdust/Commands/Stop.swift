internal import APIModel
internal import ArgumentParser
internal import Daemon
internal import Glibc
internal import Model

struct Stop: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop the node that runs in the background.",
        discussion: """
            Examples:
              bitdust stop

            It waits until the node has ended. One that does not within 10 s is killed, and what \
            was acknowledged by then is safe.
            """,
        aliases: ["kill", "shutdown"])

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        guard client.isRunning else { return try context.console.out(NodeClient.offText) }
        try Stop.stop(client, context)
    }

    static func stop(_ client: NodeClient, _ context: CommandContext) throws {
        let process = client.processID
        let name = process.map { "\($0)" } ?? "starting"
        let found = "found main BitDust process: [\(name)], executing \"api.process_stop()\" ... "
        let answer = try? client.call("process_stop")
        if answer?.isOK != true, let process { kill(process, SIGTERM) }
        guard !hasEnded(client, context, seconds: 10) else {
            return try context.console.out(found + "finished")
        }
        guard let process else { throw stuck(client) }
        try context.console.out(
            "BitDust child processes found: [\(process)], performing \"kill process\" action ...")
        kill(process, SIGKILL)
        guard hasEnded(client, context, seconds: 5) else { throw stuck(client) }
        try context.console.out("BitDust stopped")
    }

    /// Waits until no process holds the home.
    private static func hasEnded(
        _ client: NodeClient, _ context: CommandContext, seconds: UInt64
    ) -> Bool {
        let end = context.time.uptime + seconds * 1_000_000_000
        while client.isRunning {
            guard context.time.uptime < end else { return false }
            // Nothing to wait on: the lock tells nobody that it is free.
            poll(nil, 0, 20)
        }
        return true
    }

    private static func stuck(_ client: NodeClient) -> Failure {
        Failure(
            "BD-NODE-STUCK", .failed, "the BitDust process does not end",
            cause: "it still holds \(client.home.lock)",
            remedy: "see `ps`, and kill it by its number")
    }
}
