internal import APIModel
internal import ArgumentParser
internal import Model
internal import Pipelines

struct IdentityCreate: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a new identity on this machine.",
        discussion: """
            Examples:
              bitdust identity create
              bitdust identity create alice

            In a network it is registered under its name at identity servers. Without one it stays \
            on this machine; the first backup does this by itself.
            """)

    @Argument(help: ArgumentHelp("What it is called (default: your user name).", valueName: "name"))
    var word: String?

    @Argument(
        help: ArgumentHelp("Taken for older scripts; keys have one size.", visibility: .hidden))
    var size: Int?

    @Option(help: "What it is called, as before.")
    var name: String?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        if word != nil && name != nil { throw ValidationError("Name it once.") }
    }

    func run(in context: CommandContext) throws {
        let name = try (word ?? name)?.checkedUTF8("The name")
        guard let name, try hasServers(context) else {
            return try createHere(name ?? context.environment.userName, context)
        }
        let answer = try NodeClient(context).result(
            "identity_create", ["username": .text(name)])
        let id = answer.result?["global_id"]?.asText ?? name
        let sources = answer.result?["sources"]?.asArray?.count ?? 0
        try context.console.out("created \(id), published on \(sources) identity servers")
        tellToSave(name, context)
    }

    /// Whether identity servers are known: of the settings, or of a network that was joined.
    private func hasServers(_ context: CommandContext) throws -> Bool {
        let client = try NodeClient(context)
        let setting = try client.call(
            "config_get", ["key": "services/identity-propagate/known-servers"])
        let named = setting.result?.asArray?.first?["value"]?.asText ?? ""
        return try !named.isEmpty || client.hasNetwork(context)
    }

    private func createHere(_ name: String, _ context: CommandContext) throws {
        let customer = try Customer.create(
            home: context.home, name: name, deviceName: context.environment.deviceName,
            adapters: context.adapters)
        defer { customer.close() }
        let identity = customer.identity
        try context.console.out(
            "created \"\(identity.name)\" (\(identity.user.short), this device: "
                + "\(identity.deviceName))")
        tellToSave(identity.name, context)
    }

    private func tellToSave(_ name: String, _ context: CommandContext) {
        context.console.message(
            context.console.errorStyle.warning("Save your recovery key NOW:") + "  "
                + context.command("identity backup \(keyFileName(name))"))
    }
}
