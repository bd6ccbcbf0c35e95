internal import APIModel
internal import ArgumentParser
internal import Model

struct UserGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Find other users.",
        discussion: """
            Examples:
              bitdust user find bob
              bitdust user ping bob
            """,
        subcommands: [UserFind.self, UserPing.self])

    @OptionGroup(title: "Global options") var global: GlobalOptions
}

struct UserFind: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "find",
        abstract: "Find a user by name, global id or URL.",
        discussion: """
            Examples:
              bitdust user find bob
              bitdust user find bob@host-b.com
            """)

    @Argument(help: "The name.")
    var name: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let nickname = try name.checkedUTF8("The name")
        let answer = try NodeClient(context).result(
            "user_observe", ["nickname": .text(nickname)])
        let found = answer.result?.asArray ?? []
        guard !found.isEmpty else {
            throw Failure(
                "BD-USER-NOT-FOUND", .failed,
                "nobody called \(displayText(nickname.utf8)) is found",
                remedy: "names are 3 to 20 of a-z, 0-9, _ and -; see also `bitdust doctor`")
        }
        for user in found {
            try context.console.out(
                "\(user["global_id"]?.asText ?? "")  \(user["idurl"]?.asText ?? "")")
        }
    }
}

struct UserPing: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping",
        abstract: "Reach a user's node and say which way leads there.",
        discussion: """
            Examples:
              bitdust user ping bob
              bitdust user ping bob@host-b.com
            """)

    @Argument(help: "The name, global id or URL.")
    var name: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let user = try name.checkedUTF8("The name")
        let answer = try NodeClient(context).result("user_ping", ["user_id": .text(user)])
        let id = answer.result?["global_id"]?.asText ?? user
        try context.console.out("\(id)  connected, \(answer.result?["path"]?.asText ?? "")")
    }
}
