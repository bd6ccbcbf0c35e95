internal import APIModel
internal import ArgumentParser
internal import Daemon
internal import Model
internal import Pipelines

struct Invite: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Invite a friend: each of you keeps data of the other.",
        discussion: """
            Examples:
              bitdust invite --give 100GB
              bitdust invite --give 500GB --for sam --expires 2d

            It prints a code. Send it to your friend by a way that you trust: it works once, and \
            whoever has it gets the room. Your friend runs `bitdust accept CODE --give SIZE`; \
            nobody in between can take your friend's place without being found out. The node has \
            to run (`bitdust daemon`); no network has to be joined.
            """)

    @Option(help: "How much you keep for your friend at most, as in 100GB.")
    var give: String

    @Option(name: .customLong("for"), help: "What you call your friend.")
    var name: String?

    @Option(help: "How long the code works, as in 12h or 7d.")
    var expires = "7d"

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws { _ = try seconds() }

    private func seconds() throws -> Int64 {
        guard let days = DayText.days(expires), days <= Limits.invitationDaysMax,
            days * 86_400 >= 1
        else { throw ValidationError("--expires takes a time such as 12h or 7d, at most 365d.") }
        return Int64(days * 86_400)
    }

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        var parameters: [String: APIValue] = [
            "give": .text(try give.checkedUTF8("--give")), "seconds": .integer(try seconds()),
        ]
        if let name { parameters["name"] = .text(try name.checkedUTF8("--for")) }
        let made = try client.friends("friend_invite", parameters)
        if output.json { return try context.console.out(bytes: made.printed) }
        try context.console.out(made["code"]?.asText ?? "")
        for line in FriendText.invited(made, give: give, expires: expires, context) {
            context.console.message(line)
        }
    }
}

struct Invitations: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the invitations that nobody has taken yet, or take one back.",
        discussion: """
            Examples:
              bitdust invitations
              bitdust invitations --cancel tvdw

            A code may be named by its last group.
            """)

    @Option(help: ArgumentHelp("Take this one back.", valueName: "code"))
    var cancel: String?

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        if let cancel {
            let code = try cancel.checkedUTF8("--cancel")
            let found = try client.friends("friend_cancel", ["code": .text(code)])
            if output.json { return try context.console.out(bytes: found.printed) }
            return try context.console.out(
                "taken back: \(FriendText.size(found["give_bytes"]))"
                    + (found["name"]?.asText.map { " for \($0)" } ?? ""))
        }
        let all = try client.friends("friend_invitations")
        if output.json { return try context.console.out(bytes: all.printed) }
        let now = context.time.now.nanoseconds / 1_000_000_000
        for line in FriendText.invitations(all.asArray ?? [], now: now) {
            try context.console.out(line)
        }
        if all.asArray?.isEmpty ?? true {
            context.console.message(
                "No open invitations. Make one: " + context.command("invite --give 100GB"))
        }
    }
}

struct Accept: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a friend's invitation.",
        discussion: """
            Examples:
              bitdust accept zyq8-7qqq-...-3s94 --give 100GB --for mum

            The code is what your friend's `bitdust invite` has printed. Afterwards each of you \
            keeps sealed data of the other; `bitdust backup PATH --to friends` sends yours. The \
            node has to run: `bitdust daemon`.
            """)

    @Argument(help: "The code.")
    var code: [String]

    @Option(help: "How much you keep for your friend at most, as in 100GB.")
    var give: String

    @Option(name: .customLong("for"), help: "What you call your friend.")
    var name: String?

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        var parameters: [String: APIValue] = [
            // A mail program may have put blanks into it.
            "code": .text(try code.joined(separator: " ").checkedUTF8("The code")),
            "give": .text(try give.checkedUTF8("--give")),
        ]
        if let name { parameters["name"] = .text(try name.checkedUTF8("--for")) }
        let made = try client.friends("friend_accept", parameters)
        let hired = try hire(client, context)
        if output.json { return try context.console.out(bytes: made.printed) }
        for line in FriendText.accepted(made, hired: hired, context) {
            try context.console.out(line)
        }
        for note in made["notes"]?.asArray ?? [] {
            context.console.message(note.asText ?? "")
        }
    }

    /// - Returns: what became of the friend as a supplier; `nil` while directories are in use.
    private func hire(_ client: NodeClient, _ context: CommandContext) throws -> HiringReport? {
        let friends = try FriendBook(home: client.home).all
        return try context.withCustomer { try FriendFamily.hire(friends, for: $0) }
    }
}
