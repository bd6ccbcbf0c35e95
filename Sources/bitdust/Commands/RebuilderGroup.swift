internal import ArgumentParser
internal import Daemon
internal import Model
internal import Pipelines
internal import Suppliers

struct RebuilderGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuilder",
        abstract: "Let another node rebuild for you while yours is off.",
        discussion: """
            Examples:
              bitdust rebuilder grant friend.example:7771
              bitdust rebuilder list
              bitdust rebuilder revoke friend.example:7771

            To be one for others: `bitdust set services/rebuilder/enabled true`.
            """,
        subcommands: [RebuilderGrant.self, RebuilderList.self, RebuilderRevoke.self])

    @OptionGroup(title: "Global options") var global: GlobalOptions
}

struct RebuilderGrant: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant",
        abstract: "Let a node rebuild what is stored, and hand it what it needs.",
        discussion: """
            Examples:
              bitdust rebuilder grant friend.example:7771
              bitdust rebuilder grant 203.0.113.5:7771 --expires 365d
              bitdust rebuilder grant friend.example --source docs --source ~/Photos

            It may read sealed fragments, have them proved, and store again what your device has \
            signed. It cannot read what is in them, delete anything, or agree on contracts. It \
            uses the suppliers that you have hired: hire a few more than a block needs. With \
            --source it learns of the blocks of those sources and of the catalog's, and can touch \
            no other: granting anew with other sources replaces them.
            """)

    @Argument(
        help: ArgumentHelp("Where the rebuilder answers: HOST or HOST:PORT.", valueName: "node"))
    var node: String

    @Option(help: ArgumentHelp("For how long, as in 90d.", valueName: "days"))
    var expires = "90d"

    @Option(
        help: ArgumentHelp(
            "Only what this source needs, a set or a path; may be repeated.",
            valueName: "name"))
    var source: [String] = []

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    private var days: Int? {
        let digits = expires.hasSuffix("d") ? String(expires.dropLast()) : expires
        return Int(digits).flatMap { (1...36_500).contains($0) ? $0 : nil }
    }

    func validate() throws {
        guard days != nil else { throw ValidationError("--expires takes 1d to 36500d.") }
    }

    func run(in context: CommandContext) throws {
        try context.withCustomer { customer in
            let link = RebuilderLink(context.network)
            let address = try link.find(node, as: customer.caller)
            guard address.user != customer.identity.user else {
                throw Failure(
                    "BD-REBUILDER", .usage, "that node is yours: it rebuilds by itself",
                    remedy: "name another's")
            }
            let record = try customer.grantRebuilding(
                to: address.user, at: address, days: days ?? 90,
                sources: try source.map { try $0.checkedUTF8("--source") })
            customer.spreadRevocations()
            // Who recovers needs one supplier that answers and has it.
            try customer.spreadHead()
            let contact: RebuilderLink.Contact
            do {
                contact = try link.sync(record, of: customer)
            } catch {
                // Nobody has seen it: it is as if it had not been made.
                _ = try customer.revokeRebuilding(of: "\(address.user)")
                throw error
            }
            if output.json {
                return try context.console.out(
                    RebuilderText.message(record, contact, at: context.time.now).line)
            }
            try context.console.out(
                "\(record.user.short) may rebuild until "
                    + "\(localTimeText(nanoseconds: record.expires.nanoseconds)): "
                    + "\(countText(UInt64(contact.blocksSent), "block")) handed over")
            if try customer.spareSupplierCount() == 0 {
                context.console.message(
                    "No supplier is to spare: what one loses can be stored nowhere else. "
                        + "`\(context.command("hire"))` hires more.")
            }
        }
    }
}

struct RebuilderList: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show who may rebuild, until when, and what they have done.",
        discussion: """
            Examples:
              bitdust rebuilder list
              bitdust rebuilder list --json
            """)

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let now = context.time.now
        let records = try context.withCustomer { try $0.rebuilders() }
        if output.json {
            for record in records {
                try context.console.out(RebuilderText.message(record, nil, at: now).line)
            }
            return
        }
        guard !records.isEmpty else { return try context.console.out("nobody may rebuild") }
        let rows = records.map { RebuilderText.row($0, at: now) }
        for line in SnapshotText.aligned(rows, rightAligned: []) { try context.console.out(line) }
    }
}

struct RebuilderRevoke: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Take a grant back.",
        discussion: """
            Examples:
              bitdust rebuilder revoke 3f0c9a1e

            Suppliers that answer refuse it from now on; the others when they hear of it.
            """)

    @Argument(help: ArgumentHelp("Its user id, or how that begins.", valueName: "node"))
    var node: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        try context.withCustomer { customer in
            let (record, told, count) = try customer.revokeRebuilding(of: node)
            try context.console.out(
                "revoked: \(told) of \(countText(UInt64(count), "supplier")) know")
            do {
                try RebuilderLink(context.network).end(record, of: customer)
            } catch {
                context.console.message("\(record.user.short) itself could not be told")
            }
        }
    }
}

/// Grants, as text and as JSON.
enum RebuilderText {
    private static func state(_ record: RebuilderRecord, at now: Timestamp) -> String {
        record.isRevoked ? "revoked" : record.isInForce(at: now) ? "may rebuild" : "expired"
    }

    static func row(_ record: RebuilderRecord, at now: Timestamp) -> [String] {
        let seen =
            record.lastContact == 0
            ? "never told" : "told " + agoText(then: record.lastContact, now: now.nanoseconds)
        return [
            record.user.short, state(record, at: now),
            "until \(localTimeText(nanoseconds: record.expires.nanoseconds))", seen,
            "\(countText(record.fragmentsMoved, "fragment")) rebuilt", record.address,
        ]
    }

    static func message(
        _ record: RebuilderRecord, _ contact: RebuilderLink.Contact?, at now: Timestamp
    ) -> JSON {
        var fields = [
            JSONField("message_type", "rebuilder"), JSONField("user_id", "\(record.user)"),
            JSONField("address", record.address), JSONField("state", state(record, at: now)),
            JSONField("serial", record.serial),
            JSONField("expires", time: record.expires.nanoseconds),
            JSONField("fragments_moved", record.fragmentsMoved),
        ]
        if record.lastContact > 0 {
            fields.append(JSONField("last_contact", time: record.lastContact))
        }
        if let contact {
            fields.append(JSONField("blocks_sent", contact.blocksSent))
            fields.append(JSONField("moves_taken", contact.movesTaken))
            fields.append(JSONField("moves_refused", contact.movesRefused))
        }
        return .object(fields)
    }
}
