internal import APIModel
internal import ArgumentParser
internal import Daemon
internal import IdentityServers
internal import Model

struct NetworkGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network",
        abstract: "Found a network of your own, and look at the one you are in.",
        discussion: """
            Examples:
              bitdust network create garden --host host-a.com --donate 50GB
              bitdust network status
              bitdust network select garden
            """,
        subcommands: [
            NetworkCreate.self, NetworkInvite.self, NetworkStatus.self, NetworkList.self,
            NetworkSelect.self,
        ],
        aliases: ["net", "nw"])

    @OptionGroup(title: "Global options") var global: GlobalOptions
}

struct NetworkCreate: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Found a network with this machine as its first seed and identity server.",
        discussion: """
            Examples:
              bitdust network create garden --host host-a.com
              bitdust network create garden --host host-a.com --donate 50GB --public-web-port 80

            It prints a code by which others join. Its ports must be open to them.
            """)

    @Argument(help: "What the network is called.")
    var name: String

    @Option(help: "The name or address under which others reach this machine.")
    var host: String

    @Option(help: "A few words about it.")
    var label = ""

    @OptionGroup(title: "Role") var options: RoleOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        let role = try options.role(host: host)
        let membership = try Membership(
            home: client.home, setting: .ofCommands(context.environment))
        let (network, code) = try membership.found(name, label: label, role: role)
        try NetworkCreate.startAgain(client, isHost: role.server != nil, context)
        let console = context.console
        try console.out(
            "roles  seed udp/\(role.udpPort)  id tcp/\(role.tcpPort)+http/\(role.webPort)"
                + (role.donate.map { "  donated \($0)" } ?? ""))
        try console.out("wrote  \(client.home.network(network.name))/network.json")
        try console.out("join   bitdust join \(code)        (valid 24 h, 3 uses)")
        if let server = role.server {
            try console.out("  or   bitdust join \(server.url)network/\(network.name).json")
        }
    }

    /// A node that runs takes the new settings over; one that does not is started.
    ///
    /// - Parameter isHost: whether others of the network come to this machine from now on.
    static func startAgain(
        _ client: NodeClient, isHost: Bool, _ context: CommandContext
    ) throws {
        if client.isRunning { try Stop.stop(client, context) }
        try DaemonCommand.start(client.home, context)
        guard isHost else { return }
        // Who joins by what is printed next asks the identity server.
        let answer = try client.call(
            "service_health",
            ["service_name": "identity-server", "wait_timeout": .integer(hostPatience)])
        if answer.result != .bool(true) {
            context.console.message(
                "The identity server is not on yet: " + context.command("doctor"))
        }
    }

    /// Seconds.
    private static let hostPatience: Int64 = 30
}

struct NetworkInvite: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite",
        abstract: "Make another code by which three machines can join within a day.",
        discussion: """
            Examples:
              bitdust network invite
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let home = try NodeClient(context).home
        let code = try Membership(home: home, setting: .ofCommands(context.environment)).invite()
        try context.console.out("bitdust join \(code)        (valid 24 h, 3 uses)")
    }
}

struct NetworkList: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the networks that this machine has joined.",
        discussion: """
            Examples:
              bitdust network list
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let home = try NodeClient(context).home
        let membership = try Membership(home: home, setting: .ofCommands(context.environment))
        for name in membership.names {
            try context.console.out(name == membership.current?.name ? "\(name)  in use" : name)
        }
        if membership.names.isEmpty {
            context.console.message("none; `bitdust join` or `bitdust network create`")
        }
    }
}

struct NetworkSelect: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "select",
        abstract: "Use another of the networks that this machine has joined.",
        discussion: """
            Examples:
              bitdust network select garden
            """)

    @Argument(help: "The network.")
    var name: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        if client.isRunning {
            _ = try client.result("network_select", ["name": .text(name)])
        } else {
            try Membership(home: client.home, setting: .ofCommands(context.environment))
                .select(name)
        }
        try context.console.out("network \(name) is in use")
    }
}
