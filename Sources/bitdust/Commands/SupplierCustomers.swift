internal import APIModel
internal import ArgumentParser
internal import Model

struct SupplierCustomers: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "customers",
        abstract: "List who stores here, and how much.",
        discussion: """
            Examples:
              bitdust supplier customers
              bitdust supplier customers --json
            """)

    @OptionGroup var form: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let answer = try NodeClient(context).result("customers_list")
        guard !form.json else { return try context.console.out(answer) }
        let customers = answer.result?.asArray ?? []
        guard !customers.isEmpty else { return try context.console.out("no customers yet") }
        for customer in customers {
            try context.console.out(SupplierText.customer(customer))
        }
    }
}

struct SupplierVerify: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Re-read everything that is stored here.",
        discussion: """
            Examples:
              bitdust supplier verify

            A fragment that the disk has damaged is not served any more, and its customer puts it
            again.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let answer = try NodeClient(context).result("donation_verify").result ?? [:]
        let damaged = answer["damaged"]?.asInteger ?? 0
        try context.console.out(
            "\(countText(UInt64(clamping: answer["sound"]?.asInteger ?? 0), "fragment")) sound, "
                + "\(countText(UInt64(clamping: damaged))) damaged")
        guard damaged == 0 else { throw ExitCode(ExitStatus.badData.rawValue) }
    }
}

struct SupplierLeave: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave",
        abstract: "Take nothing new, and have customers move away.",
        discussion: """
            Examples:
              bitdust supplier leave
              bitdust supplier leave --cancel

            Customers see it when they come the next time, and their nodes copy what is here to
            others. The supplier ends when nobody needs it, or after 30 days \
            (services/supplier/leaving-days); it deletes nothing. `bitdust supplier status` says \
            how much is still needed.
            """)

    @Flag(help: "Stay after all.")
    var cancel = false

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let client = try NodeClient(context)
        try client.set("services/supplier/leaving", cancel ? "false" : "true")
        // It may have ended in the meantime.
        if cancel { try client.set("services/supplier/enabled", "true") }
        guard !cancel else { return try context.console.out("staying: serving again") }
        try context.console.out("leaving: no new contracts, nothing new is taken")
        guard client.isRunning else { return }
        let answer = try client.call("donation_status")
        guard answer.isOK else {
            return try context.console.out("Nobody needs it: the supplier has ended.")
        }
        for line in SupplierText.leaving(answer.result ?? [:]) { try context.console.out(line) }
    }
}

extension NodeClient {
    /// Sets a setting, in the node that runs or in its file.
    func set(_ key: String, _ value: String) throws {
        let text = try value.checkedUTF8("The value")
        _ = try result("config_set", ["key": .text(key), "value": .text(text)])
    }
}

/// A supplier's answers, as lines.
enum SupplierText {
    static func size(_ value: APIValue?) -> String {
        sizeText(UInt64(clamping: value?.asInteger ?? 0))
    }

    /// A bucket has no limit that anybody knows of: what is donated is one.
    private static func room(_ byteCount: APIValue?) -> String {
        byteCount?.asInteger.map { Int($0) >= Limits.objectRoom } == true
            ? "room for all that is donated" : "room for \(size(byteCount))"
    }

    static func status(_ answer: APIValue) -> [String] {
        let rows = [
            ("state", answer["state"]?.asText ?? ""), ("donated", size(answer["donated"])),
            ("promised", size(answer["promised"])), ("used", size(answer["used"])),
            ("given up", size(answer["given_up"])), ("on disk", size(answer["real"])),
            ("free", size(answer["free"])),
            ("customers", countText(UInt64(clamping: answer["customers"]?.asInteger ?? 0))),
            ("fragments", countText(UInt64(clamping: answer["fragments"]?.asInteger ?? 0))),
            ("answers at", words(answer["endpoints"])),
            ("reached", answer["reached_from_outside"]?.asText ?? ""),
        ]
        var lines = rows.map { $0.0.leftAligned(11) + ($0.1.isEmpty ? "-" : $0.1) }
        lines += leaving(answer)
        if let since = answer["reachable_since"]?.asInteger {
            lines.append("since".leftAligned(11) + localTimeText(seconds: since))
        }
        if let remedy = answer["reach_remedy"]?.asText {
            lines.append("to mend".leftAligned(11) + remedy)
        }
        for disk in answer["disks"]?.asArray ?? [] {
            lines.append(
                "disk".leftAligned(11) + "\(disk["path"]?.asText ?? ""): "
                    + "\(disk["condition"]?.asText ?? ""), \(size(disk["real"])) on it, "
                    + room(disk["room"]))
        }
        for alert in answer["alerts"]?.asArray ?? [] {
            lines.append("")
            lines.append("\(alert["message"]?.asText ?? "") [\(alert["code"]?.asText ?? "")]")
            lines.append("  do:  \(alert["remedy"]?.asText ?? "")")
        }
        return lines
    }

    /// What a donation cannot do that is less than what was promised.
    static func shortfall(_ answer: APIValue) -> [String] {
        func count(_ name: String) -> UInt64 { UInt64(clamping: answer[name]?.asInteger ?? 0) }
        let (donated, used, givenUp) = (count("donated"), count("used"), count("given_up"))
        let kept = used - min(used, givenUp)
        var lines: [String] = []
        if givenUp > 0 {
            lines.append("\(sizeText(givenUp)) were given up: the disk gets them back by itself")
        }
        if kept > donated {
            lines.append(
                "\(sizeText(kept)) are kept for customers, \(sizeText(kept - donated)) too much: "
                    + "they stay, and nothing new is taken")
        } else if count("promised") > donated {
            lines.append(
                "\(sizeText(count("promised"))) are promised: who has a contract may use what is "
                    + "left of \(sizeText(donated)), and nothing more is promised")
        }
        return lines
    }

    /// What is left to be moved before the supplier ends; nothing while it stays.
    static func leaving(_ answer: APIValue) -> [String] {
        guard let end = answer["leaving_until"]?.asInteger else { return [] }
        let needed = UInt64(clamping: answer["needed_fragments"]?.asInteger ?? 0)
        return [
            "leaves".leftAligned(11) + "when nobody needs it, at the latest "
                + "\(localTimeText(nanoseconds: Int64(end) * 1_000_000_000)): "
                + "\(countText(needed, "fragment")) still needed"
        ]
    }

    static func customer(_ customer: APIValue) -> String {
        let contract = customer["contract"] ?? [:]
        let name =
            customer["global_id"]?.asText ?? customer["user_id"]?.asText.map {
                $0.prefix(16) + "..."
            }
            ?? ""
        let state =
            customer["rejected"]?.asBool == true
            ? "rejected" : contract["ended"]?.asBool == true ? "ended" : "contract"
        return "\(NodeText.plain(customer["position"] ?? 0)): \(name), \(state), "
            + "\(size(contract["used_bytes"])) of \(size(contract["allocated_bytes"])), "
            + "\(countText(UInt64(clamping: customer["fragments"]?.asInteger ?? 0), "fragment")), "
            + (customer["contact_state"]?.asText ?? "")
    }

    private static func words(_ value: APIValue?) -> String {
        (value?.asArray ?? []).compactMap(\.asText).joined(separator: " ")
    }
}
