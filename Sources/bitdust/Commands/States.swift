internal import APIModel
internal import ArgumentParser
internal import Model

struct States: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "states",
        abstract: "List the state machines of the node: services, transports, routers.",
        discussion: """
            Examples:
              bitdust states
              bitdust states | grep proxy
            """,
        aliases: ["state", "st", "automats", "aut", "machines"])

    @OptionGroup var form: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let answer = try NodeClient(context).result("automats_list")
        guard !form.json else { return try context.console.out(answer) }
        try context.console.out(NodeText.head(answer))
        for item in answer.result?.asArray ?? [] {
            try context.console.out(NodeText.automat(item))
        }
    }
}
