internal import APIModel
internal import ArgumentParser
internal import Model

struct GlobalIDCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "id",
        abstract: "Print your global id, alice@host-a.com.",
        discussion: """
            Examples:
              bitdust id
            """,
        aliases: ["globid", "gid"])

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        try PublicName.print("global_id", context)
    }
}

struct IDURLCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "idurl",
        abstract: "Print where your identity document is published first.",
        discussion: """
            Examples:
              bitdust idurl
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        try PublicName.print("idurl", context)
    }
}

enum PublicName {
    static func print(_ field: String, _ context: CommandContext) throws {
        let answer = try NodeClient(context).call("identity_get")
        guard answer.isOK, let text = answer.result?[field]?.asText else {
            throw Failure(
                "BD-NO-IDENTITY", .noIdentity, "This node has no published identity",
                cause: answer.errors.first,
                remedy: "create one with `bitdust identity create NAME`")
        }
        try context.console.out(text)
    }
}
