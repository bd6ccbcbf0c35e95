internal import ArgumentParser
internal import Daemon
internal import Identities
internal import Model

struct IdentityRecover: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Make this machine one of your devices, from the key file.",
        discussion: """
            Examples:
              bitdust identity recover ~/usb/alice.key
              bitdust identity recover alice.key --idurl http://host-a.com/alice.xml
              bitdust identity recover alice.key --peer bob.example

            Any one identity server that has your document is enough; without one, any one node \
            that knows you, such as a supplier of yours: those of the network are asked. \
            `bitdust recover` brings backups back too.
            """,
        aliases: ["restore"])

    @Argument(help: "The key file.", completion: .file())
    var file: RawPath

    @Argument(help: ArgumentHelp("As --idurl.", visibility: .hidden))
    var url: String?

    @Option(help: ArgumentHelp("Where your document is published.", valueName: "url"))
    var idurl: [String] = []

    @Option(help: ArgumentHelp("A node that knows you.", valueName: "host[:port]"))
    var peer: [String] = []

    @OptionGroup(title: "Passphrase") var source: PassphraseOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let sources = try (idurl + [url].compactMap { $0 }).map { text in
            guard let source = Source(text) else {
                throw ValidationError("--idurl takes http://HOST/NAME.xml, not '\(text)'.")
            }
            return source
        }
        let client = try NodeClient(context)
        guard !client.isRunning else { throw IdentityRecover.stopFirst }
        let root = try KeyFileOption.read(file, source, context)
        let (home, setting) = (client.home, NodeSetting.ofCommands(context.environment))
        let published = try waiting {
            try await RootActions(home: home, setting: setting).recover(
                root, sources: sources, peers: peer)
        }
        try context.console.out(
            "identity   \(published.document.globalID), revision \(published.document.revision), "
                + countText(published.document.keys.certificates.count, "device"))
        try context.console.out(
            "published  on \(published.serverCount) of \(published.sourceCount) identity servers")
        context.console.message("Next: " + context.command("daemon"))
    }

    static let stopFirst = Failure(
        "BD-NODE-RUNS", .busy, "the node runs, and would go on with what it knows",
        remedy: "first: bitdust stop")
}

/// A key file with its passphrase.
enum KeyFileOption {
    static func read(
        _ file: RawPath, _ source: PassphraseOptions, _ context: CommandContext
    ) throws -> KeyFileContents {
        try KeyFileContents(path: String(decoding: file.absolute().bytes, as: UTF8.self)) {
            try source.passphrase(isNew: false, canAsk: context.canAsk)
        }
    }
}
