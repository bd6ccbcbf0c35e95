internal import APIModel
internal import ArgumentParser
internal import Daemon
internal import Model
internal import Pipelines
internal import Suppliers

struct Friends: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "List your friends: what each gives and holds, and whether it is there.",
        discussion: """
            Examples:
              bitdust friends
              bitdust friends --remove sam

            When a friendship ends nothing is deleted. What your friend has stored here can be \
            read until it is taken away; nothing new is taken. What you have stored there counts \
            and is read until it is stored elsewhere: `bitdust rebuild` moves it to the suppliers \
            that you have left.
            """)

    @Option(help: ArgumentHelp("End the friendship with this one.", valueName: "name"))
    var remove: String?

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        if let remove { return try end(try remove.checkedUTF8("--remove"), client, context) }
        let answer =
            client.isRunning
            ? try client.friends("friends_list", ["check": true]).asArray ?? []
            : Friends.offline(try FriendBook(home: client.home).all)
        let family = Customer.exists(home: context.home) ? Friends.family(context) : [:]
        let friends = answer.map { friend -> APIValue in
            var fields = friend.asObject ?? [:]
            let member = friend["id"]?.asText.flatMap { family[$0] }
            fields["holds_bytes"] = member?.usedByteCount.map { APIValue($0) } ?? .null
            fields["holds_fragments"] = member.map { APIValue($0.fragmentCount) } ?? .null
            fields["supplier_id"] = APIValue(member?.record.id.description)
            fields["employed"] = .bool(member.map { !$0.isFired } ?? false)
            return .object(fields)
        }
        if output.json { return try context.console.out(bytes: APIValue.array(friends).printed) }
        for line in FriendText.table(friends) { try context.console.out(line) }
        if friends.isEmpty {
            context.console.message(
                "No friends yet. Invite one: " + context.command("invite --give 100GB"))
        }
        if !client.isRunning {
            context.console.message(
                "The node does not run: your friends cannot reach what they have stored here. "
                    + context.command("daemon"))
        }
    }

    /// Suppliers by the user whose they are; none while another command uses the home.
    private static func family(_ context: CommandContext) -> [String: FamilyMember] {
        let members = try? context.withCustomer { try $0.family() }
        return Dictionary(
            (members ?? []).compactMap { member in
                NodeAddress(member.record.address).map { ("\($0.user)", member) }
            }, uniquingKeysWith: { $1 })
    }

    private static func offline(_ friends: [Friend]) -> [APIValue] {
        friends.map { friend in
            [
                "id": .text("\(friend.user)"), "name": .text(friend.name.text),
                "state": friend.isPending ? "PENDING" : "?",
                "gives_bytes": APIValue(friend.gives), "given_bytes": APIValue(friend.given),
            ]
        }
    }

    // MARK: Ending

    private func end(_ name: String, _ client: NodeClient, _ context: CommandContext) throws {
        let friends = try FriendBook(home: client.home)
        let found = friends.named(name)
        guard found.count == 1, let friend = found.first else {
            throw Failure(
                "BD-FRIEND-UNKNOWN", .usage,
                found.isEmpty
                    ? "\(displayText(name.utf8)) is none of your friends"
                    : "\(found.count) friends are called \(displayText(name.utf8))",
                remedy: "`bitdust friends` lists them; an id is good too")
        }
        let removed = try client.friends("friend_remove", ["user_id": .text("\(friend.user)")])
        let member = Customer.exists(home: context.home) ? try fire(friend, context) : nil
        if output.json { return try context.console.out(bytes: removed.printed) }
        for line in FriendText.removed(removed, member, context) {
            try context.console.out(line)
        }
    }

    private func fire(_ friend: Friend, _ context: CommandContext) throws -> FamilyMember? {
        try context.withCustomer { customer in
            let member = try customer.family().first {
                NodeAddress($0.record.address)?.user == friend.user
            }
            if let member, !member.isFired { try customer.setLeaving(true, member.record.id) }
            return member
        }
    }
}
