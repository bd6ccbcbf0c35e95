internal import ArgumentParser
internal import Daemon
internal import Model
internal import Pipelines
internal import Placement
internal import Suppliers

struct Find: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look for suppliers that could be hired.",
        discussion: """
            Examples:
              bitdust find
              bitdust find bob.example,10.0.0.7:7771

            Without places it asks the hosts of the network you joined, its DHT and its identity \
            servers. Nothing is agreed on.
            """)

    @Argument(help: "Places to ask, with commas between them.")
    var places: String?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        try context.withCustomer { customer in
            let desk = HiringDesk(context.network)
            let found = try desk.find(
                places.map { $0.split(separator: ",").map(String.init) }, as: customer)
            let plan = try desk.plan(found, for: customer, count: found.count)
            for line in FindText.table(found, plan) { try context.console.out(line) }
            if found.isEmpty { context.console.message("Nobody answers.") }
        }
    }
}

struct Hire: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hire suppliers of the network.",
        discussion: """
            Examples:
              bitdust hire
              bitdust hire bob.example
              bitdust hire 10.0.0.7:7771 --count 5

            Each signs a contract with you. Without a place the best of the network are chosen: \
            good ones, of different operators and address ranges, until there are enough.
            """)

    @Argument(help: "Places of suppliers: HOST or HOST:PORT.")
    var places: [String] = []

    @Option(help: "How many you want to have in all.")
    var count: Int?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        if let count, !(1...Limits.fragmentCountMax).contains(count) {
            throw ValidationError("--count takes 1 to \(Limits.fragmentCountMax).")
        }
    }

    func run(in context: CommandContext) throws {
        try context.withCustomer { customer in
            let desk = HiringDesk(context.network)
            let outcome = try desk.hire(
                places.isEmpty ? nil : places, for: customer,
                count: try desk.missing(of: count, for: customer))
            for line in FindText.hired(outcome) { try context.console.out(line) }
            if outcome.hired.isEmpty {
                throw HiringDesk.nobody(outcome, isList: !places.isEmpty)
            }
        }
    }
}

struct Fire: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a supplier up: nothing new goes there.",
        discussion: """
            Examples:
              bitdust fire 3f0c9a1e

            What it holds still counts and is read until it is stored elsewhere. Hiring it again \
            takes this back.
            """)

    @Argument(help: "Address or first digits of the id, as in `bitdust suppliers`.")
    var supplier: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        try context.withCustomer { customer in
            let found = try customer.supplier(named: supplier)
            try customer.setLeaving(true, found.id)
            try context.console.out(
                "fired \(found.id.short): holds "
                    + "\(countText(try customer.fragmentCount(of: found.id), "fragment")) until "
                    + "they are stored elsewhere")
        }
    }
}

/// Candidates as a table, and who was hired.
enum FindText {
    static func table(_ found: [CustomerNetwork.Found], _ plan: HiringPlan) -> [String] {
        guard !found.isEmpty else { return [] }
        let heading = ["ID", "Score", "Where", "Version", "Because"]
        let rows = found.map { one in
            let score = CandidateScore(one.candidate)
            let reason = plan.passedOver[one.candidate.supplier].map { words($0) + "; " } ?? ""
            return [
                one.candidate.supplier.short, "\(score.points)",
                one.address.endpoints.first.map { "\($0)" } ?? "", displayText(one.version.utf8),
                reason + FamilyText.reasons(score),
            ]
        }
        return SnapshotText.aligned([heading] + rows, rightAligned: [1])
    }

    static func hired(_ outcome: HiringDesk.Outcome) -> [String] {
        var lines = outcome.hired.map { member, score in
            "hired \(member.id.short), \(FamilyText.place(member)): \(score.points) points "
                + "(\(FamilyText.reasons(score)))"
        }
        lines += outcome.failed.map { "not hired \(displayText($0.address.utf8)): \($0.reason)" }
        return lines
    }

    private static func words(_ refusal: HiringPlan.Refusal) -> String {
        switch refusal {
        case .isOneself: "your own"
        case .isInFamily: "yours already"
        case .sameOperator: "its operator has another of yours"
        case .tooLittleRoom: "takes no new customers"
        case .failedAudits: "failed audits"
        case .notNeeded: "not needed"
        }
    }
}
