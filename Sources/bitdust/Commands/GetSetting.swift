internal import APIModel
internal import ArgumentParser
internal import Model

struct GetSetting: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show a setting, or all below a name.",
        discussion: """
            Examples:
              bitdust get services/supplier/donated-space
              bitdust get services/supplier
            """)

    @Argument(help: "The name of a setting or of a folder of settings.")
    var name: String

    @OptionGroup var form: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        try GetSetting.show(name, context, isJSON: form.json)
    }

    static func show(_ name: String, _ context: CommandContext, isJSON: Bool) throws {
        let answer = try NodeClient(context).result(
            "config_get", ["key": .text(try name.checkedUTF8("The name")), "include_info": true])
        guard !isJSON else { return try context.console.out(answer) }
        let items = answer.result?.asArray ?? []
        for item in items { try context.console.out(NodeText.setting(item, isChange: false)) }
        if items.count == 1, let info = items[0]["info"]?.asText, !info.isEmpty {
            context.console.message(info)
        }
    }
}
