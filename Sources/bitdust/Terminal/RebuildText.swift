internal import Model
internal import Pipelines

extension RebuildProgress: Progressing {
    var bytesDone: UInt64 { bytesStored }
    var currentFiles: [[UInt8]] { [] }

    private var fraction: Double? { total > 0 ? min(1, Double(done) / Double(total)) : nil }

    func line(pace: Pace) -> ProgressLine {
        ProgressLine(
            phase: phase.rawValue, fraction: fraction,
            done: "\(countText(done)) of \(countText(max(total, done)))", count: "",
            secondsRemaining: phase == .rebuilding
                ? pace.secondsRemaining(total - min(total, done)) : nil)
    }

    func message(pace: Pace) -> JSON {
        .object([
            JSONField("message_type", "status"), JSONField("phase", phase.rawValue),
            JSONField("seconds_elapsed", pace.elapsed / 1_000_000_000),
            JSONField("percent_done", fraction ?? 0), JSONField("done", done),
            JSONField("total", total), JSONField("bytes_done", bytesStored),
        ])
    }
}

/// What `rebuild` did, as text and as JSON.
struct RebuildText {
    let report: RebuildReport

    func tell(_ console: Console, output: OutputOptions) throws {
        if output.json { return try console.out(message.line) }
        if !output.quiet { for line in detailLines { try console.out(line) } }
        try console.out(HealthText(report: report.health).sentence(style: console.outStyle))
    }

    var detailLines: [String] {
        let asked =
            "audits     \(countText(report.auditsPassed)) passed, "
            + "\(countText(report.auditsFailed)) failed, "
            + "\(countText(report.auditsUnanswered)) unanswered"
        var lines = [asked]
        if report.fragmentsFoundLost > 0 {
            lines.append(
                "found      \(countText(UInt64(report.fragmentsFoundLost), "fragment")) lost")
        }
        if report.fragmentsStored + report.fragmentsAdopted > 0 {
            let rebuilt = report.fragmentsStored - report.fragmentsCopied
            lines.append(
                "stored     \(countText(UInt64(rebuilt), "fragment")) rebuilt, "
                    + "\(countText(report.fragmentsCopied)) moved, "
                    + "\(countText(report.fragmentsAdopted)) back by themselves, "
                    + "\(sizeText(report.bytesStored)) sent, \(sizeText(report.bytesFetched)) read")
        }
        if report.headsStored > 0 {
            lines.append("head       put on \(countText(UInt64(report.headsStored), "supplier"))")
        }
        for supplier in report.suppliersFailed {
            lines.append("failed     \(supplier.address)")
        }
        return lines
    }

    var message: JSON {
        .object([
            JSONField("message_type", "summary"),
            JSONField("audits_passed", report.auditsPassed),
            JSONField("audits_failed", report.auditsFailed),
            JSONField("audits_unanswered", report.auditsUnanswered),
            JSONField("fragments_found_lost", report.fragmentsFoundLost),
            JSONField("fragments_stored", report.fragmentsStored),
            JSONField("fragments_moved", report.fragmentsCopied),
            JSONField("fragments_adopted", report.fragmentsAdopted),
            JSONField("bytes_sent", report.bytesStored),
            JSONField("bytes_read", report.bytesFetched),
            JSONField("heads_stored", report.headsStored),
            JSONField("total_duration", Double(report.durationNanoseconds) / 1e9),
            JSONField("health", HealthText(report: report.health).message),
        ])
    }
}
