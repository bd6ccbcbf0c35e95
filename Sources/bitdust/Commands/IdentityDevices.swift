internal import ArgumentParser
internal import Daemon
internal import Identities
internal import Model

struct IdentityDevices: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "List the machines that act for your identity.",
        discussion: """
            Examples:
              bitdust identity devices
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let actions = RootActions(
            home: try NodeClient(context).home, setting: .ofCommands(context.environment))
        guard let document = try actions.document else {
            throw Failure(
                "BD-NO-IDENTITY", .noIdentity, "This node has no published identity",
                remedy: "create one with `bitdust identity create NAME`")
        }
        let own = try actions.device
        for certificate in document.keys.certificates {
            let device = certificate.device.deviceID
            try context.console.out(
                "\(device)  \(certificate.name.text)  since "
                    + localTimeText(nanoseconds: certificate.created.nanoseconds)
                    + (device == own ? "  this machine" : ""))
        }
    }
}

struct IdentityRotate: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Put the next root key in the place of the one in use.",
        discussion: """
            Examples:
              bitdust identity rotate ~/usb/alice.key

            The user id stays, and so does the key file: the next key is made from it. Without a \
            file the root key must be on this machine.
            """)

    @Argument(help: "The key file.", completion: .file())
    var file: RawPath?

    @OptionGroup(title: "Passphrase") var source: PassphraseOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        guard !client.isRunning else { throw IdentityRecover.stopFirst }
        let root = try file.map { try KeyFileOption.read($0, source, context) }
        let (home, setting) = (client.home, NodeSetting.ofCommands(context.environment))
        let published = try waiting {
            try await RootActions(home: home, setting: setting).rotate(root)
        }
        try IdentityRotate.tell(published, "rotated", context)
        context.console.message(
            "Suppliers and friends believe it after 7 days; until then the machines count that "
                + "they know now. To lock one out at once: `bitdust identity revoke`, before "
                + "rotating.")
    }

    static func tell(
        _ published: RootActions.Published, _ what: String, _ context: CommandContext
    ) throws {
        try context.console.out(
            "\(what): revision \(published.document.revision), published on "
                + "\(published.serverCount) of \(published.sourceCount) identity servers")
        guard published.serverCount < published.sourceCount else { return }
        context.console.message("The node sends it to the others while it runs.")
    }
}

struct IdentityRevoke: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Leave out a machine that was lost or sold.",
        discussion: """
            Examples:
              bitdust identity devices
              bitdust identity revoke 5f2c... ~/usb/alice.key

            What it signs from now on is not yours any more.
            """)

    @Argument(help: "The device, or the first digits of its id.")
    var device: String

    @Argument(help: "The key file.", completion: .file())
    var file: RawPath?

    @OptionGroup(title: "Passphrase") var source: PassphraseOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        guard !client.isRunning else { throw IdentityRecover.stopFirst }
        let (home, setting) = (client.home, NodeSetting.ofCommands(context.environment))
        let actions = RootActions(home: home, setting: setting)
        let certificates = try actions.document?.keys.certificates ?? []
        let meant = certificates.map(\.device.deviceID).filter {
            "\($0)".hasPrefix(device.lowercased())
        }
        guard meant.count == 1, !device.isEmpty else {
            throw Failure(
                "BD-DEVICE-UNKNOWN", .usage,
                meant.isEmpty ? "no device starts with \(device)" : "several devices do",
                remedy: "see `bitdust identity devices`")
        }
        let root = try file.map { try KeyFileOption.read($0, source, context) }
        let published = try waiting { try await actions.revoke(meant[0], root) }
        try IdentityRotate.tell(published, "revoked", context)
    }
}
