internal import ArgumentParser
internal import Model
internal import Pipelines
internal import Placement
internal import Suppliers

struct SuppliersList: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "suppliers",
        abstract: "List your suppliers: who is there, how good, what each holds.",
        discussion: """
            Examples:
              bitdust suppliers
              bitdust suppliers --json

            `bitdust hire` adds suppliers, `bitdust fire` gives one up. One that was away for a \
            day while somebody was here to notice is replaced by itself, by the node or at the \
            next backup; when it returns, what it has counts again.
            """)

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let family = try context.withCustomer { customer in
            try customer.family()
        }
        if output.json {
            return try context.console.out(JSON.array(family.map(FamilyText.message)).line)
        }
        for line in FamilyText.table(family) { try context.console.out(line) }
        if let own = FamilyText.clocks(family).own {
            context.console.message(
                "The clock of this machine is \(FamilyText.clock(own)) those of most suppliers: "
                    + "set it. No backup depends on it.")
        }
        if family.isEmpty {
            context.console.message("No suppliers yet. Hire some: " + context.command("hire"))
        }
    }
}

/// The family as a table and as JSON.
enum FamilyText {
    static func table(_ family: [FamilyMember]) -> [String] {
        guard !family.isEmpty else { return [] }
        let wrong = clocks(family).wrong
        let heading = ["ID", "State", "Score", "Holds", "Fragments", "Where", "Because"]
        let rows = family.map { member in
            [
                member.record.id.short, member.standing.word,
                member.answers ? "\(member.score.points)" : "-",
                member.usedByteCount.map { sizeText(UInt64($0)) } ?? "?",
                countText(member.fragmentCount), place(member.record),
                trouble(member.standing) ?? reasons(member.score)
                    + (wrong[member.record.id].map { ", its clock is \(clock($0)) others" } ?? ""),
            ]
        }
        return SnapshotText.aligned([heading] + rows, rightAligned: [2, 3, 4])
    }

    static func clocks(_ family: [FamilyMember]) -> ClockReview {
        ClockReview(
            Dictionary(
                uniqueKeysWithValues: family.compactMap { member in
                    member.answers ? member.clockAhead.map { (member.record.id, $0) } : nil
                }))
    }

    /// `2 days ahead of`, `3 hours behind`.
    static func clock(_ seconds: Int64) -> String {
        let hours = (seconds.magnitude + 1800) / 3600
        let (count, unit) = hours < 48 ? (hours, "hour") : ((hours + 12) / 24, "day")
        return "\(count) \(unit)\(count == 1 ? "" : "s") " + (seconds > 0 ? "ahead of" : "behind")
    }

    static func reasons(_ score: CandidateScore) -> String {
        score.reasons.map(\.text).joined(separator: ", ")
    }

    /// Since when one is away and why; `nil` while it answers.
    static func trouble(_ standing: SupplierStanding) -> String? {
        guard let away = standing.away else { return nil }
        return FamilyText.away(away) + (standing.failure.map { ": \($0)" } ?? "")
    }

    /// `away since 2026-11-20 11:04, 5 h counted`: hours in which nobody looked do not count.
    static func away(_ away: Away) -> String {
        let since =
            away.seen > 0 ? "away since \(localTimeText(nanoseconds: away.seen))" : "never seen"
        return since + ", \(away.silence / 3_600_000_000_000) h counted"
    }

    /// The same for machines.
    static func fields(_ standing: SupplierStanding) -> [JSONField] {
        [JSONField("state", standing.word)]
            + (standing.failure.map { [JSONField("failure", $0)] } ?? [])
            + (standing.away.map { away in
                (away.seen > 0 ? [JSONField("away_since", time: away.seen)] : [])
                    + [JSONField("away_seconds_counted", away.silence / 1_000_000_000)]
            } ?? [])
    }

    /// `node 3f0c9a1e at 203.0.113.5:7771 (direct)`, `node 3f0c9a1e (routed)`, or a directory.
    static func place(_ record: SupplierRecord) -> String {
        guard let node = NodeAddress(record.address) else { return record.address }
        let at = node.endpoints.first.map { " at \($0) (direct)" } ?? " (routed)"
        return "node \(node.user.short)" + at
    }

    static func message(_ member: FamilyMember) -> JSON {
        var fields = [
            JSONField("supplier_id", member.record.id.description),
            JSONField("score", member.score.points),
            JSONField(
                "reasons",
                member.score.reasons.map { .text("\($0.points) \($0.text)") }),
            JSONField("fragments", member.fragmentCount),
            JSONField("address", member.record.address),
        ]
        if let used = member.usedByteCount { fields.append(JSONField("bytes_used", used)) }
        if let quota = member.quota { fields.append(JSONField("bytes_agreed", quota)) }
        if let ahead = member.clockAhead {
            fields.append(JSONField("clock_ahead_seconds", Int(ahead)))
        }
        return .object(fields + FamilyText.fields(member.standing))
    }
}
