internal import Model
internal import Pipelines

extension BackupProgress: Progressing {
    func line(pace: Pace) -> ProgressLine {
        let suppliers = supplierText(online: suppliersOnline, needed: suppliersNeeded)
        if phase == .committing { return committingLine(suppliers: suppliers) }
        let remaining = bytesTotal > bytesDone ? bytesTotal - bytesDone : 0
        return ProgressLine(
            phase: phase.rawValue, fraction: fraction, done: sizeText(bytesDone),
            count: countText(filesDone, "file"), bytesPerSecond: pace.bytesPerSecond,
            secondsRemaining: isTotalKnown ? pace.secondsRemaining(remaining) : nil,
            suppliers: suppliers, errorCount: errorCount)
    }

    /// After the last byte is read: what the suppliers have not acknowledged yet.
    private func committingLine(suppliers: String?) -> ProgressLine {
        let total = max(fragmentsTotal, fragmentsAcknowledged)
        return ProgressLine(
            phase: phase.rawValue,
            fraction: total > 0 ? Double(fragmentsAcknowledged) / Double(total) : nil,
            done:
                "\(countText(fragmentsAcknowledged)) of \(countText(total)) fragments acknowledged",
            count: countText(filesDone, "file"), bytesPerSecond: nil, secondsRemaining: nil,
            suppliers: suppliers, errorCount: errorCount)
    }

    /// `nil` while the total is unknown.
    private var fraction: Double? {
        guard isTotalKnown else { return nil }
        if bytesTotal > 0 { return Double(bytesDone) / Double(bytesTotal) }
        return filesTotal > 0 ? Double(filesDone) / Double(filesTotal) : nil
    }

    /// restic's `status`, and ours behind.
    func message(pace: Pace) -> JSON {
        let remaining = bytesTotal > bytesDone ? bytesTotal - bytesDone : 0
        var fields = [
            JSONField("message_type", "status"),
            JSONField("seconds_elapsed", pace.elapsed / 1_000_000_000),
        ]
        if isTotalKnown, let seconds = pace.secondsRemaining(remaining) {
            fields.append(JSONField("seconds_remaining", seconds))
        }
        fields += [
            JSONField("percent_done", min(1, fraction ?? 0)),
            JSONField("total_files", filesTotal), JSONField("files_done", filesDone),
            JSONField("total_bytes", bytesTotal), JSONField("bytes_done", bytesDone),
            JSONField("error_count", errorCount),
        ]
        fields += JSONField.paths("current_files", currentFiles)
        fields += [
            JSONField("phase", phase.rawValue), JSONField("is_total_known", isTotalKnown),
            JSONField("suppliers_online", suppliersOnline),
            JSONField("suppliers_needed", suppliersNeeded),
            JSONField("fragments_acked", fragmentsAcknowledged),
            JSONField("fragments_total", fragmentsTotal),
            JSONField("bytes_sent", counts.bytesStored),
        ]
        return .object(fields)
    }
}

/// The other messages of `backup --json`.
enum BackupMessages {
    /// restic's `summary`, and ours behind. What we do not count as restic does, such as
    /// `dirs_new`, is left out rather than made up.
    static func summary(_ report: BackupReport) -> JSON {
        let (snapshot, counts) = (report.snapshot, report.snapshot.counts)
        let end = snapshot.taken.addingReportingOverflow(
            Int64(clamping: snapshot.durationNanoseconds)
        ).partialValue
        var fields = [
            JSONField("message_type", "summary"), JSONField("dry_run", report.snapshotID == nil),
            JSONField("files_new", counts.filesNew),
            JSONField("files_changed", counts.filesChanged),
            JSONField("files_unmodified", counts.filesSame),
            JSONField("data_added", counts.bytesNew),
            JSONField("data_added_packed", counts.bytesCompressed),
            JSONField("total_files_processed", counts.filesTotal),
            JSONField("total_bytes_processed", counts.bytesTotal),
            JSONField("backup_start", time: snapshot.taken),
            JSONField("backup_end", time: end),
            JSONField("total_duration", Double(snapshot.durationNanoseconds) / 1e9),
        ]
        if let id = report.snapshotID { fields.append(JSONField("snapshot_id", id.description)) }
        return .object(fields + extras(report))
    }

    private static func extras(_ report: BackupReport) -> [JSONField] {
        let counts = report.snapshot.counts
        return [
            JSONField("set", report.snapshot.setName),
            JSONField("files_skipped", counts.filesSkipped),
            JSONField("directories", counts.directories),
            JSONField("bytes_sent", counts.bytesStored),
            JSONField("scheme", report.scheme.description),
            JSONField("losses_tolerated", report.lossesTolerated),
            JSONField("suppliers_total", report.suppliersTotal),
            JSONField("suppliers_failed", report.suppliersFailed.count),
            JSONField("health", report.suppliersFailed.isEmpty ? "healthy" : "below_target"),
        ]
    }

    /// A file that changed while it was read: worth a line, not a failure.
    static func note(_ problem: SourceProblem) -> JSON {
        .object(
            [JSONField("message_type", "note"), JSONField("message", problem.reason)]
                + JSONField.path("item", problem.path))
    }

    /// restic's `error`, about a file.
    static func error(_ problem: SourceProblem, during: String) -> JSON {
        let what = JSON.object([JSONField("message", problem.reason)])
        return .object(
            [
                JSONField("message_type", "error"), JSONField("error", what),
                JSONField("during", during),
            ] + JSONField.path("item", problem.path))
    }

    /// The same about something that is no file.
    static func error(what: String, reason: String) -> JSON {
        .object([
            JSONField("message_type", "error"),
            JSONField("error", JSON.object([JSONField("message", reason)])),
            JSONField("during", "storing"), JSONField("item", what),
        ])
    }
}
