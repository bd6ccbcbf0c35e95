internal import APIModel
internal import ArgumentParser
internal import Model

struct ServicesGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "services",
        abstract: "List, start and stop the services of the node.",
        discussion: """
            Examples:
              bitdust services list
              bitdust services start proxy-server
              bitdust services stop supplier
            """,
        subcommands: [
            ServicesList.self, ServicesStart.self, ServicesStop.self, ServicesRestart.self,
        ],
        defaultSubcommand: ServicesList.self,
        aliases: ["service", "svc"])

    @OptionGroup(title: "Global options") var global: GlobalOptions
}

struct ServicesList: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the services and their states.",
        discussion: """
            Examples:
              bitdust services list
              bitdust services list --json
            """)

    @OptionGroup var form: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let answer = try NodeClient(context).result("services_list")
        guard !form.json else { return try context.console.out(answer) }
        try context.console.out(NodeText.head(answer))
        for item in answer.result?.asArray ?? [] {
            try context.console.out(NodeText.service(item))
        }
    }
}

struct ServicesStart: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Switch a service on.",
        discussion: """
            Examples:
              bitdust services start proxy-server
            """)

    @Argument(help: "Its name: supplier, proxy-server or service_proxy_server.")
    var name: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        try ServicesGroup.tell("service_start", name, context)
    }
}

struct ServicesStop: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Switch a service off.",
        discussion: """
            Examples:
              bitdust services stop supplier
            """)

    @Argument(help: "Its name: supplier, proxy-server or service_proxy_server.")
    var name: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        try ServicesGroup.tell("service_stop", name, context)
    }
}

struct ServicesRestart: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Stop and start a service, and those that need it.",
        discussion: """
            Examples:
              bitdust services restart entangled-dht
            """)

    @Argument(help: "Its name: supplier, proxy-server or service_proxy_server.")
    var name: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        try ServicesGroup.tell("service_restart", name, context)
    }
}

extension ServicesGroup {
    fileprivate static func tell(
        _ method: String, _ name: String, _ context: CommandContext
    ) throws {
        let answer = try NodeClient(context).result(method, ["service_name": .text(name)])
        try context.console.out(answer.message ?? "done")
    }
}
