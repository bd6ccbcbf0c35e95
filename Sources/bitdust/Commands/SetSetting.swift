internal import APIModel
internal import ArgumentParser
internal import Model

struct SetSetting: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change a setting, in the node that runs or in its file.",
        discussion: """
            Examples:
              bitdust set services/supplier/donated-space 50 GB
              bitdust set services/proxy-server/enabled true
              bitdust set donated 250Mb
              bitdust set list

            Words after the name are one value. `bitdust get NAME` says what a setting means.
            """)

    @Argument(help: "The name of a setting, as in services/customer/enabled; or list.")
    var name: String

    @Argument(help: "The new value; none shows the one in use.")
    var value: [String] = []

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        if name == "list", value.isEmpty { return try ConfigList.list(context, isJSON: false) }
        guard !value.isEmpty else { return try GetSetting.show(name, context, isJSON: false) }
        let client = try NodeClient(context)
        if client.isRunning {
            context.console.message("connecting to already started BitDust process ...")
        }
        let words = try value.map { try $0.checkedUTF8("The value") }
        let answer = try client.result(
            "config_set",
            [
                "key": .text(try name.checkedUTF8("The name")),
                "value": .text(words.joined(separator: " ")),
            ])
        for item in answer.result?.asArray ?? [] {
            try context.console.out(NodeText.setting(item, isChange: true))
        }
    }
}
