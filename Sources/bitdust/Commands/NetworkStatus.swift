internal import APIModel
internal import ArgumentParser
internal import Daemon
internal import Model

struct NetworkStatus: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how many seeds and identity servers of the network answer.",
        discussion: """
            Examples:
              bitdust network status

            `bitdust doctor` says of each which one does not answer, and why.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        let answer = try client.result("network_status", ["dht": true])
        let (home, setting) = (client.home, NodeSetting.ofCommands(context.environment))
        let health = try waiting { try await NetworkHealth(home: home, setting: setting).examine() }
        let contacts = answer.result?["dht"]?["layers"]?.asArray?.first?["contacts"]?.asInteger ?? 0
        try context.console.out(
            "seeds \(health.seedsAnswering)/\(health.seedCount)  "
                + "id servers \(health.serversAnswering)/\(health.serverCount)  "
                + "dht contacts \(contacts)")
        if let network = health.name { try context.console.out("network \(network)") }
        if let id = answer.result?["global_id"]?.asText { try context.console.out("you are \(id)") }
        if health.isIncomplete { context.console.message("`bitdust doctor` says why") }
    }
}
