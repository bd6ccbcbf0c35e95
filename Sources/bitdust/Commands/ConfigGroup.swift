internal import APIModel
internal import ArgumentParser
internal import Model

struct ConfigGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "List, show and change settings.",
        discussion: """
            Examples:
              bitdust config list
              bitdust config get services/supplier
              bitdust config set services/supplier/donated-space 50 GB
            """,
        subcommands: [ConfigList.self, GetSetting.self, SetSetting.self],
        aliases: ["conf", "option", "setting"])

    @OptionGroup(title: "Global options") var global: GlobalOptions
}

struct ConfigList: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List all settings and their values.",
        discussion: """
            Examples:
              bitdust config list
              bitdust config list --json
            """)

    @OptionGroup var form: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        try ConfigList.list(context, isJSON: form.json)
    }

    static func list(_ context: CommandContext, isJSON: Bool) throws {
        let answer = try NodeClient(context).result("configs_list", ["sort": true])
        guard !isJSON else { return try context.console.out(answer) }
        try context.console.out(NodeText.head(answer))
        for item in answer.result?.asArray ?? [] {
            let value = NodeText.cut(NodeText.plain(item["value"] ?? .null), to: 60)
            let (key, type) = (item["key"]?.asText ?? "", item["type"]?.asText ?? "")
            try context.console.out("\(key) (\(type)) : \(value)")
        }
    }
}
