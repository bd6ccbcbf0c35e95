internal import APIModel
internal import ArgumentParser
internal import Glibc
internal import Model
internal import Pipelines

struct IdentityGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity",
        abstract: "Make, show, save, check and recover your identity.",
        discussion: """
            Examples:
              bitdust identity create alice
              bitdust identity show
              bitdust identity backup ~/usb/alice.key
              bitdust identity check ~/usb/alice.key
            """,
        subcommands: [
            IdentityCreate.self, IdentityShow.self, IdentityBackup.self, IdentityCheck.self,
            IdentityRecover.self, IdentityRotate.self, IdentityDevices.self, IdentityRevoke.self,
        ])

    @OptionGroup(title: "Global options") var global: GlobalOptions
}

struct IdentityShow: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show who this machine acts for.",
        discussion: """
            Examples:
              bitdust identity show
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let identity = try context.withCustomer { $0.identity }
        let created = localTimeText(nanoseconds: identity.created)
        let published = try NodeClient(context).call("identity_get")
        for (key, value) in [
            ("name", identity.name), ("user", identity.user.description),
            ("device", "\(identity.deviceName) (since \(created))"),
            ("device id", identity.device.description),
            ("repository", identity.repository.description),
            ("key file", identity.isKeySaved ? "saved" : "never saved"),
            ("home", displayText(context.home.path)),
        ] {
            try context.console.out(key.leftAligned(12) + value)
        }
        guard let document = published.result, published.isOK else { return }
        for (key, value) in [
            ("global id", document["global_id"]), ("revision", document["revision"]),
        ] {
            try context.console.out(key.leftAligned(12) + NodeText.plain(value ?? .null))
        }
        for source in document["sources"]?.asArray ?? [] {
            try context.console.out("source".leftAligned(12) + NodeText.plain(source))
        }
        for contact in document["contacts"]?.asArray ?? [] {
            try context.console.out("contact".leftAligned(12) + NodeText.plain(contact))
        }
    }
}

struct IdentityBackup: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Save the key file that restores everything on a new machine.",
        discussion: """
            Examples:
              bitdust identity backup ~/usb/alice.key
              bitdust identity backup /media/usb/alice.key --passphrase-file secret.txt

            It asks for a passphrase, which the file is worth nothing without. Keep the file where \
            the loss of this machine does not take it along, and keep more than one copy.
            """)

    @Argument(help: "The file to make; it must not exist.", completion: .file())
    var file: RawPath

    @Flag(help: "Write it readable for whoever finds it.")
    var noPassphrase = false

    @Flag(help: "Keep the root key on this machine too, where a thief would find it.")
    var keepRoot = false

    @OptionGroup(title: "Passphrase") var source: PassphraseOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        if noPassphrase && source.isGiven {
            throw ValidationError("--no-passphrase and a passphrase exclude each other.")
        }
        if !noPassphrase && !source.isGiven && global.noInput {
            throw ValidationError(
                "--no-input needs --passphrase-file, --passphrase-fd or --no-passphrase.")
        }
    }

    func run(in context: CommandContext) throws {
        var status = stat()
        guard lstat(cPath(file.bytes), &status) != 0 else {
            throw Failure(
                "BD-KEY-FILE-EXISTS", .cannotCreate, "\(displayText(file.bytes)) exists already",
                cause: "it may be the only copy of a key, so it is never written over",
                remedy: "name a new file")
        }
        let published = try NodeClient(context).call("identity_get").result
        let sources = (published?["sources"]?.asArray ?? []).compactMap(\.asText)
        try context.withCustomer { customer in
            let passphrase =
                noPassphrase
                ? nil : try source.passphrase(isNew: true, canAsk: context.canAsk)
            try customer.saveKeyFile(
                to: file.absolute().bytes, passphrase: passphrase, keepsRoot: keepRoot,
                sources: sources)
            try tell(context, customer.identity)
        }
    }

    private func tell(_ context: CommandContext, _ identity: IdentitySummary) throws {
        let name = displayText(file.bytes)
        let how =
            noPassphrase ? "NOT protected: who finds it has your backups" : "needs its passphrase"
        try context.console.out("saved the key of \"\(identity.name)\" in \(name) (\(how))")
        if !keepRoot {
            context.console.message(
                "The root key is in this file only and no longer on this machine: copy it well.")
        }
        context.console.message("Prove any copy: " + context.command("identity check COPY"))
    }
}

struct IdentityCheck: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Prove that a key file can be read, without changing anything.",
        discussion: """
            Examples:
              bitdust identity check ~/usb/alice.key

            It names a line that was mistyped.
            """)

    @Argument(help: "The key file.", completion: .file())
    var file: RawPath

    @OptionGroup(title: "Passphrase") var source: PassphraseOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let summary = try Customer.checkKeyFile(at: file.absolute().bytes) {
            try source.passphrase(isNew: false, canAsk: context.canAsk)
        }
        let protected = summary.isProtected ? "the passphrase opens it" : "NOT protected"
        try context.console.out(
            "OK: \(displayText(file.bytes)) is the key of \"\(summary.name)\" "
                + "(\(summary.user.short)), made \(summary.created), "
                + protected)
    }
}
