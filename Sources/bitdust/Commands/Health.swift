internal import APIModel
internal import ArgumentParser
internal import Model
internal import Pipelines

/// What rounds of rebuilding found, day by day.
struct HealthHistory {
    let days: [RebuildJournal.Day]

    func tell(_ console: Console, asJSON: Bool) throws {
        if asJSON {
            for day in days { try console.out(StatusText.message(day).line) }
            return
        }
        guard !days.isEmpty else { return try console.out("no rounds yet: the node does them") }
        let heading = ["day", "rounds", "stored", "doubtful", "lost", "found", "rebuilt", "sent"]
        let rows = days.map { day in
            [
                String(localTimeText(nanoseconds: day.lastRound).prefix(10)),
                countText(UInt64(day.roundCount)), countText(UInt64(day.stored)),
                countText(UInt64(day.doubtful)),
                countText(UInt64(day.lost) + UInt64(day.misplaced)),
                countText(UInt64(day.foundLost)), countText(UInt64(day.rebuilt)),
                sizeText(day.bytesSent),
            ]
        }
        for line in SnapshotText.aligned(
            [heading] + rows, rightAligned: [1, 2, 3, 4, 5, 6, 7])
        {
            try console.out(line)
        }
    }
}

struct Health: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what is stored, doubtful and lost, and what is being done.",
        discussion: """
            Examples:
              bitdust health
              bitdust health --json
              bitdust health --history      what rounds found in the last 90 days
              bitdust health --lost         all files that cannot be restored, and nothing else

            It says what is known from the last audits and who answers now; `bitdust rebuild` \
            asks for everything and mends it. A block that two sources need is counted in both.

            Exit code 0: all is where it belongs. 4: something is missing or doubtful, but \
            everything can be restored. 5: blocks are lost.
            """)

    @Flag(help: "Show each day on which rounds of rebuilding were done.")
    var history = false

    @Flag(help: "Name every file and directory that cannot be restored now.")
    var lost = false

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        if history {
            let days = try context.withCustomer { try $0.rebuildJournal().days }
            return try HealthHistory(days: days).tell(context.console, asJSON: output.json)
        }
        if lost { return try nameAllLost(in: context) }
        let node = try? nodeWork(context)
        let text = try context.withCustomer { customer in
            var text = HealthText(report: try customer.health(), node: node)
            guard text.report.blocksLost > 0 else { return text }
            try customer.forEachLost(cancellation: Cancellation()) { lost in
                text.hasMoreLost = text.lost.count == Limits.lostPathShownMax
                if !text.hasMoreLost { text.lost.append(lost) }
                return !text.hasMoreLost
            }
            return text
        }
        let report = text.report
        if output.json {
            try context.console.out(text.message.line)
        } else {
            for line in text.lines(style: context.console.outStyle) {
                try context.console.out(line)
            }
        }
        guard report.status != .done else { return }
        throw Shortfall(status: report.status, message: text.sentence(style: .plain))
    }

    /// One line for each, as they are found.
    private func nameAllLost(in context: CommandContext) throws {
        var count: UInt64 = 0
        try context.stoppable { cancellation in
            try context.withCustomer { customer in
                try customer.forEachLost(cancellation: cancellation) { lost in
                    count += 1
                    try context.console.out(
                        output.json ? HealthText.message(lost).line : HealthText.line(lost))
                    return true
                }
            }
        }
        guard count > 0 else { return }
        throw Shortfall(
            status: .filesDamaged,
            message: "\(countText(count, "file")) cannot be restored now")
    }

    /// What the node of this home is doing; asked first, since it gives way to this command.
    private func nodeWork(_ context: CommandContext) throws -> HealthText.NodeWork? {
        let client = try NodeClient(context)
        guard client.isRunning else { return nil }
        let answer = try client.result("health_status").result ?? [:]
        return HealthText.NodeWork(
            isWorking: answer["working"]?.asBool ?? false, phase: answer["phase"]?.asText ?? "",
            done: UInt64(clamping: answer["done"]?.asInteger ?? 0),
            total: UInt64(clamping: answer["total"]?.asInteger ?? 0))
    }
}
