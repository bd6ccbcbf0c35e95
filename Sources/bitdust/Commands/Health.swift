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

            It says what is known from the last audits and who answers now; `bitdust rebuild` \
            asks for everything and mends it.

            Exit code 0: all is where it belongs. 4: something is missing or doubtful, but \
            everything can be restored. 5: blocks are lost.
            """)

    @Flag(help: "Show each day on which rounds of rebuilding were done.")
    var history = false

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        if history {
            let days = try context.withCustomer { try $0.rebuildJournal().days }
            return try HealthHistory(days: days).tell(context.console, asJSON: output.json)
        }
        let report = try context.withCustomer { try $0.health() }
        let text = HealthText(report: report)
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
}
