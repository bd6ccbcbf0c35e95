internal import Model
internal import Pipelines

/// Where a check stands, in what it counts.
struct CheckProgress: Progressing {
    var done: UInt64 = 0
    var total: UInt64 = 0

    var bytesDone: UInt64 { done }
    var currentFiles: [[UInt8]] { [] }

    private var fraction: Double? { total > 0 ? min(1, Double(done) / Double(total)) : nil }

    func line(pace: Pace) -> ProgressLine {
        ProgressLine(
            phase: "checking", fraction: fraction,
            done: "\(countText(done)) of \(countText(max(total, done)))", count: "",
            secondsRemaining: pace.secondsRemaining(total - min(total, done)))
    }

    func message(pace: Pace) -> JSON {
        .object([
            JSONField("message_type", "status"),
            JSONField("seconds_elapsed", pace.elapsed / 1_000_000_000),
            JSONField("percent_done", fraction ?? 0), JSONField("done", done),
            JSONField("total", total),
        ])
    }
}

/// What `check` found, as text and as JSON.
struct CheckText {
    let report: CheckReport
    let hasReadData: Bool

    func tell(_ console: Console, output: OutputOptions) throws {
        if !output.json {
            for (snapshot, path) in report.pathsLost {
                console.message(
                    console.errorStyle.bad("  lost") + "  \(snapshot.short)  \(displayText(path))")
            }
        }
        if output.json { return try console.out(message.line) }
        if !output.quiet { for line in detailLines { try console.out(line) } }
        try console.out(sentence(style: console.outStyle))
    }

    /// The verdict.
    func sentence(style: Style) -> String {
        let losses = lossText(report.lossesTolerated ?? 0, of: report.suppliers.count)
        switch report.status {
        case .done where report.blocksChecked == 0:
            return "Nothing is backed up yet"
        case .done:
            let rebuilt = report.fragmentsRebuilt
            let how = rebuilt == 0 ? "" : ", \(countText(rebuilt, "fragment")) rebuilt"
            return style.good("OK") + ": every block is whole\(how), \(losses)"
        case .belowTarget:
            let bad = report.fragmentsMissing + report.fragmentsDamaged
            let left = bad - min(bad, report.fragmentsRebuilt)
            return style.warning("DEGRADED")
                + ": \(countText(left, "fragment")) missing or damaged, "
                + "everything can be restored - \(advice)"
        default:
            return style.bad("LOST")
                + ": \(countText(UInt64(report.blocksLost.count), "block")) and "
                + "\(countText(UInt64(report.pathsLost.count), "file")) cannot be restored"
        }
    }

    /// A fragment is rebuilt where it was, so its supplier has to be there.
    private var advice: String {
        report.suppliers.contains { !$0.state.standing.answers }
            ? "bring the suppliers that are away back, then `bitdust check --repair`"
            : "`bitdust check --repair` rebuilds them"
    }

    var detailLines: [String] {
        let read = hasReadData ? ", \(sizeText(report.bytesRead)) read" : ""
        let head =
            "checked \(countText(report.blocksChecked, "block")), "
            + countText(report.fragmentsChecked, "fragment") + read
        let rows = report.suppliers.enumerated().map { index, found in
            let (state, missing, damaged) = found
            var words: [String] = []
            if missing > 0 { words.append("\(countText(missing)) missing") }
            if damaged > 0 { words.append("\(countText(damaged)) damaged") }
            if let trouble = FamilyText.trouble(state.standing) { words.append(trouble) }
            return [
                "  \(index + 1)", state.standing.word,
                FamilyText.place(state.record),
                words.joined(separator: ", "),
            ]
        }
        return [head] + SnapshotText.aligned(rows)
    }

    var message: JSON {
        .object([
            JSONField("message_type", "summary"),
            JSONField("num_errors", report.fragmentsMissing + report.fragmentsDamaged),
            JSONField("health", health),
            JSONField("blocks_checked", report.blocksChecked),
            JSONField("fragments_checked", report.fragmentsChecked),
            JSONField("fragments_missing", report.fragmentsMissing),
            JSONField("fragments_damaged", report.fragmentsDamaged),
            JSONField("fragments_rebuilt", report.fragmentsRebuilt),
            JSONField("bytes_read", report.bytesRead),
            JSONField(
                "losses_tolerated", report.lossesTolerated.map { .integer(Int64($0)) } ?? .null),
            JSONField("blocks_lost", report.blocksLost.map { .text($0.description) }),
            JSONField(
                "files_lost",
                report.pathsLost.map { snapshot, path in
                    .object(
                        [JSONField("snapshot_id", snapshot.description)]
                            + JSONField.path("path", path))
                }),
            JSONField("suppliers", report.suppliers.map { StatusText.message($0.state) }),
        ])
    }

    private var health: String {
        switch report.status {
        case .done: "safe"
        case .belowTarget: "degraded"
        default: "lost"
        }
    }
}
