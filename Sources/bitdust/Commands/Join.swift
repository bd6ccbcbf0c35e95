internal import ArgumentParser
internal import Daemon
internal import Model

struct Join: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Join a network by a code, a URL or a file.",
        discussion: """
            Examples:
              bitdust join 4-walnut-orbit@host-a.com:8084
              bitdust join 4-walnut-orbit --at host-a.com --host host-b.com --donate 50GB
              bitdust join http://host-a.com:8084/network/garden.json
              bitdust join ~/network.json

            With --host this machine becomes a seed and an identity server of the network too, and \
            its ports must be open to others.
            """)

    @Argument(help: "A code, the URL of a network.json, or such a file.", completion: .file())
    var network: String

    @Option(help: ArgumentHelp("The host that gave the code.", valueName: "host"))
    var at: String?

    @Option(help: "The name or address under which others reach this machine.")
    var host: String?

    @OptionGroup(title: "Role") var options: RoleOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        let role = try options.role(host: host)
        let page = try at.map { text in
            guard let page = JoinCode.KnownPage(text.contains(":") ? text : text + ":8084") else {
                throw ValidationError("--at takes a host, as in host-a.com or host-a.com:80.")
            }
            return page
        }
        let (home, setting) = (client.home, NodeSetting.ofCommands(context.environment))
        let source = Join.source(network)
        let joined = try waiting {
            try await Membership(home: home, setting: setting).join(source, at: page, role: role)
        }
        try NetworkCreate.startAgain(client, isHost: role.server != nil, context)
        try context.console.out(
            "Joined \"\(joined.name)\" (\(countText(joined.seeds.count, "seed")), "
                + "\(countText(joined.identityServers.count, "id server"))).")
        context.console.message(
            "Next: " + context.command("identity create NAME"))
    }

    /// A path becomes absolute; what is neither a code nor a URL is a path.
    private static func source(_ text: String) -> String {
        if JoinCode(text) != nil || text.hasPrefix("http://") { return text }
        return RawPath(argument: text).map { displayText($0.absolute().bytes) } ?? text
    }
}
