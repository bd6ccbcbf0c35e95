internal import APIModel
internal import ArgumentParser
internal import Daemon
internal import Glibc
internal import Model

struct SupplierGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "supplier",
        abstract: "Donate disk space to others, and see what they do with it.",
        discussion: """
            Examples:
              bitdust supplier start --donate 50GB
              bitdust supplier status
              bitdust supplier donate 80GB
            """,
        subcommands: [
            SupplierStart.self, SupplierStatus.self, SupplierDonate.self, SupplierPause.self,
            SupplierResume.self, SupplierCustomers.self, SupplierVerify.self, SupplierLeave.self,
        ])

    @OptionGroup(title: "Global options") var global: GlobalOptions
}

struct SupplierStart: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Become a supplier.",
        discussion: """
            Examples:
              bitdust supplier start --donate 50GB
              bitdust supplier start --donate 2TB --path /mnt/one/bitdust --path /mnt/two/bitdust
              bitdust supplier start --donate 20TB --path s3://BUCKET/PREFIX

            Directories are made when they are not there; one that is must be empty. With several,
            each on a disk of its own, a disk that dies takes its own fragments and no others.

            A bucket of S3-compatible object storage is found by AWS_ENDPOINT_URL and AWS_REGION, \
            and opened by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which are kept in the home, \
            for you alone. It belongs to one node: after the loss of its machine, put the \
            supplier.key of the old home into buckets/BUCKET_PREFIX of the new one, and take it \
            over.
            """)

    @Option(help: "How much disk space to donate, as in 50GB.")
    var donate: String

    @Option(
        help: "A directory or a bucket to keep it in; may be named again (default: in the home).")
    var path: [String] = []

    @Flag(help: "Take buckets that are another machine's, which must not serve any more.")
    var takeOver = false

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        let paths = try path.map(SupplierStart.absolute)
        if takeOver { try DonatedPlaces.takeOver(paths, client.home) }
        try ObjectStorageOptions(context.environment).keep(paths, client)
        try client.set("services/supplier/donated-space", donate)
        if !paths.isEmpty {
            try client.set("services/supplier/donated-paths", paths.joined(separator: " "))
        }
        try client.set("services/supplier/leaving", "false")
        try client.set("services/supplier/paused", "false")
        try client.set("services/supplier/enabled", "true")
        guard client.isRunning else {
            return context.console.message(
                "It begins with the node: \(context.command("daemon"))")
        }
        let answer = try SupplierStart.served(client, context)
        try context.console.out(
            "supplier up: \(SupplierText.size(answer["donated"])) offered, "
                + "\(SupplierText.size(answer["used"])) used")
    }

    /// What the supplier says when it serves, within 30 s.
    ///
    /// - Throws: `BD-API` with why it does not.
    private static func served(
        _ client: NodeClient, _ context: CommandContext
    ) throws -> APIValue {
        let end = context.time.uptime + 30_000_000_000
        while true {
            // The settings take effect a moment after they were set.
            let answer = try client.call(
                "service_restart", ["service_name": "supplier", "wait_timeout": 10])
            if answer.isOK { return try client.result("donation_status").result ?? [:] }
            guard context.time.uptime < end else {
                throw Failure(
                    "BD-API", .failed, answer.errors.joined(separator: "; "),
                    cause: answer.message, remedy: "`bitdust services list` says what it waits for")
            }
            // Nothing to wait on: a service that is off tells nobody.
            poll(nil, 0, 200)
        }
    }

    /// - Throws: `BD-SUPPLIER-PATH` for a path that the setting cannot hold.
    private static func absolute(_ path: String) throws -> String {
        let text = try path.checkedUTF8("The path")
        guard !text.contains(where: { $0 == "," || $0.isWhitespace }) else {
            throw Failure(
                "BD-SUPPLIER-PATH", .usage, "\(text) has a blank or a comma in it",
                remedy: "name a directory without")
        }
        guard !text.hasPrefix("/"), !text.hasPrefix("s3://") else { return text }
        guard let here = getcwd(nil, 0) else { return text }
        defer { free(here) }
        return String(cString: here) + "/" + text
    }
}

struct SupplierStatus: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what is donated, promised and used, and what needs you.",
        discussion: """
            Examples:
              bitdust supplier status
              bitdust supplier status --json
            """)

    @OptionGroup var form: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let answer = try NodeClient(context).result("donation_status")
        guard !form.json else { return try context.console.out(answer) }
        for line in SupplierText.status(answer.result ?? [:]) { try context.console.out(line) }
    }
}

struct SupplierDonate: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "donate",
        abstract: "Donate more or less, at once.",
        discussion: """
            Examples:
              bitdust supplier donate 80GB

            What customers keep stays, also when it is more than is donated now: nothing new is
            taken until there is room again. What they have given up is given back in a few minutes.
            """)

    @Argument(help: "How much, as in 80GB.")
    var size: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        try client.set("services/supplier/donated-space", size)
        try context.console.out("\(size) donated")
        guard client.isRunning, let answer = try? client.call("donation_status"), answer.isOK else {
            return
        }
        for line in SupplierText.shortfall(answer.result ?? [:]) { try context.console.out(line) }
    }
}

struct SupplierPause: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Take nothing new for now; what is stored can be read.",
        discussion: """
            Examples:
              bitdust supplier pause
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        try NodeClient(context).set("services/supplier/paused", "true")
        try context.console.out("paused: customers can read and put nothing new")
    }
}

struct SupplierResume: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Take fragments again.",
        discussion: """
            Examples:
              bitdust supplier resume
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        try NodeClient(context).set("services/supplier/paused", "false")
        try context.console.out("serving again")
    }
}
