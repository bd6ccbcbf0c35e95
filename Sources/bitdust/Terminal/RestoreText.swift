internal import Model
internal import Pipelines

/// Where a restore stands, with the totals that its snapshot knows.
struct RestoreState: Progressing {
    /// `nil` when only parts are restored.
    var total: SnapshotCounts?
    var progress = RestoreProgress()

    var bytesDone: UInt64 { progress.bytesDone }
    var currentFiles: [[UInt8]] { [] }

    private var bytesTotal: UInt64 { max(total?.bytesTotal ?? 0, progress.bytesTotal) }
    private var filesTotal: UInt64 { max(total?.filesTotal ?? 0, progress.filesTotal) }

    private var fraction: Double? {
        guard total != nil else { return nil }
        if bytesTotal > 0 { return min(1, Double(progress.bytesDone) / Double(bytesTotal)) }
        return filesTotal > 0 ? min(1, Double(progress.filesDone) / Double(filesTotal)) : nil
    }

    private func secondsRemaining(_ pace: Pace) -> UInt64? {
        guard total != nil else { return nil }
        return pace.secondsRemaining(bytesTotal - min(bytesTotal, progress.bytesDone))
    }

    func line(pace: Pace) -> ProgressLine {
        let suppliers = supplierText(
            online: progress.suppliersOnline, needed: progress.suppliersNeeded)
        return ProgressLine(
            phase: "restoring", fraction: fraction, done: sizeText(progress.bytesDone),
            count: countText(progress.filesDone, "file"), bytesPerSecond: pace.bytesPerSecond,
            secondsRemaining: secondsRemaining(pace), suppliers: suppliers,
            errorCount: progress.errorCount)
    }

    /// restic's `status` of a restore, and ours behind.
    func message(pace: Pace) -> JSON {
        var fields = [
            JSONField("message_type", "status"),
            JSONField("seconds_elapsed", pace.elapsed / 1_000_000_000),
        ]
        if let seconds = secondsRemaining(pace) {
            fields.append(JSONField("seconds_remaining", seconds))
        }
        let same = min(progress.filesSame, progress.filesDone)
        return .object(
            fields + [
                JSONField("percent_done", fraction ?? 0),
                JSONField("total_files", filesTotal),
                JSONField("files_restored", progress.filesDone - same),
                JSONField("files_skipped", same), JSONField("files_deleted", UInt64(0)),
                JSONField("total_bytes", bytesTotal),
                JSONField("bytes_restored", progress.bytesDone),
                JSONField("error_count", progress.errorCount),
                JSONField("suppliers_online", progress.suppliersOnline),
                JSONField("suppliers_needed", progress.suppliersNeeded),
            ])
    }
}

/// What `restore` tells, as text and as JSON.
struct RestoreText {
    let console: Console
    let output: OutputOptions

    private var isTalking: Bool { !output.quiet && !output.json }

    func starting(_ id: SnapshotID, _ snapshot: Snapshot, target: RawPath) throws {
        guard isTalking else { return }
        let taken = localTimeText(nanoseconds: snapshot.taken)
        try console.out(
            console.outStyle.strong(
                "Restoring snapshot \(id.short) (\(snapshot.setName), \(taken)) to "
                    + displayText(target.absolute().bytes)))
        guard let source = RestoreText.source(of: snapshot, holding: target) else { return }
        console.message(
            "  Note: the target is inside \(displayText(source)), which this set backs up: the "
                + "next backup takes the restored files too.")
    }

    /// The folder of the snapshot that the target is in, where it is one.
    static func source(of snapshot: Snapshot, holding target: RawPath) -> [UInt8]? {
        let slash = UInt8(ascii: "/")
        let path = target.absolute().bytes.reversed().drop { $0 == slash }.reversed()
        return snapshot.roots.map(\.path).first { source in
            source != Array(path)
                && path.starts(with: source.last == slash ? source : source + [slash])
        }
    }

    func finished(_ report: RestoreReport, isDryRun: Bool) throws {
        for problem in report.problems {
            console.message(
                output.json
                    ? BackupMessages.error(problem, during: "restore").line
                    : console.errorStyle.bad("  " + displayText(problem.path)) + ": "
                        + problem.reason)
        }
        if output.json {
            return try console.out(RestoreText.summary(report, isDryRun: isDryRun).line)
        }
        if isTalking {
            for line in RestoreText.noteLines(report) { console.message(line) }
        }
        try console.out(RestoreText.resultLine(report, isDryRun: isDryRun))
    }

    /// What was healed, who was away, and what this user may not set.
    static func noteLines(_ report: RestoreReport) -> [String] {
        let healed = report.fragmentsHealed.map { supplier, count in
            "  healed: \(FamilyText.place(supplier)) has \(countText(count, "fragment")) no more, "
                + "or changed: `bitdust check --repair` makes them again"
        }
        let away = report.suppliersAway.map { absence in
            "  away: \(FamilyText.place(absence.supplier)), "
                + "\(countText(absence.fragmentCount, "fragment")) were not to be had "
                + "(\(absence.reason ?? "it stopped answering")): nothing to do if it comes back"
        }
        return healed + away
            + awayLines(report)
            + report.metadataIssues.map { what, count in
                "  note: \(what), \(countText(count, "time"))"
            }
    }

    private static func awayLines(_ report: RestoreReport) -> [String] {
        guard report.filesAway > 0 else { return [] }
        return [
            "  \(countText(UInt64(report.filesAway), "file")) not lost: too few suppliers answer. "
                + "Run the restore again when they do (`bitdust suppliers`); what is there stays."
        ]
    }

    static func resultLine(_ report: RestoreReport, isDryRun: Bool) -> String {
        let files = countText(report.filesRestored, "file")
        let size = sizeText(report.bytesRestored)
        if isDryRun { return "dry run: would restore at most \(files), \(size)" }
        var line = "restored \(files), \(size) in \(durationText(report.durationNanoseconds))"
        line += ", every hash verified."
        if report.filesSame > 0 { line += " \(countText(report.filesSame)) were the same." }
        if report.filesKept > 0 { line += " \(countText(report.filesKept)) were left alone." }
        return line + " \(countText(UInt64(report.problems.count), "problem"))."
    }

    /// restic's `summary` of a restore, and ours behind.
    static func summary(_ report: RestoreReport, isDryRun: Bool) -> JSON {
        let skipped = report.filesSame + report.filesKept
        return .object([
            JSONField("message_type", "summary"), JSONField("dry_run", isDryRun),
            JSONField("seconds_elapsed", report.durationNanoseconds / 1_000_000_000),
            JSONField("total_files", report.filesRestored + skipped),
            JSONField("files_restored", report.filesRestored),
            JSONField("files_skipped", skipped), JSONField("files_deleted", UInt64(0)),
            JSONField("bytes_restored", report.bytesRestored),
            JSONField("total_duration", Double(report.durationNanoseconds) / 1e9),
            JSONField("snapshot_id", report.snapshotID.description),
            JSONField("files_same", report.filesSame), JSONField("files_kept", report.filesKept),
            JSONField("directories", report.directories),
            JSONField("files_failed", report.problems.count),
            JSONField(
                "fragments_healed", report.fragmentsHealed.reduce(UInt64(0)) { $0 + $1.count }),
            JSONField(
                "fragments_unanswered",
                report.suppliersAway.reduce(UInt64(0)) { $0 + $1.fragmentCount }),
            JSONField("files_away", report.filesAway),
            JSONField(
                "metadata_issues",
                report.metadataIssues.map { what, count in
                    .object([JSONField("what", what), JSONField("count", count)])
                }),
        ])
    }
}
