internal import Daemon
internal import Glibc
internal import Model
internal import Pipelines
internal import Placement

/// What `backup` tells, as text and as JSON.
struct BackupText {
    let context: CommandContext
    let output: OutputOptions

    private var console: Console { context.console }
    private var isTalking: Bool { !output.quiet && !output.json }

    func note(_ text: String) {
        if isTalking { console.message(text) }
        if output.json && !output.quiet {
            console.message(
                JSON.object([JSONField("message_type", "note"), JSONField("message", text)]).line)
        }
    }

    func created(_ identity: IdentitySummary) {
        note(
            "No identity yet - created \"\(identity.name)\" (this device: \(identity.deviceName)).")
    }

    func joined(_ suppliers: SuppliersSummary, named: Bool) {
        for line in BackupText.joinedLines(suppliers, named: named) { note(line) }
    }

    static func joinedLines(_ suppliers: SuppliersSummary, named: Bool) -> [String] {
        let count = suppliers.records.count
        var lines: [String] = []
        if suppliers.created {
            let losses = ErasureScheme.automatic(supplierCount: count)?.parityCount ?? 0
            lines.append(
                "No network joined - started the built-in one: \(count) suppliers on this disk, "
                    + "any \(losses) may fail.")
        }
        if suppliers.sharesOneDisk && (suppliers.created || named) {
            lines.append(
                "  Note: one disk is not off-site. "
                    + "`--suppliers DIR,DIR,...` takes directories on other disks.")
        }
        return lines
    }

    func hired(_ outcome: HiringDesk.Outcome) {
        for line in BackupText.hiredLines(outcome) { note(line) }
    }

    static func hiredLines(_ outcome: HiringDesk.Outcome) -> [String] {
        let count = outcome.hired.count
        guard count > 0 else { return [] }
        let losses = ErasureScheme.automatic(supplierCount: count)?.parityCount ?? 0
        let can =
            losses == 0
            ? "it must not fail: `bitdust hire` finds more" : "any \(losses) may fail"
        var lines = [
            "Hired \(countText(UInt64(count), "supplier")) of \(outcome.found) that answer: \(can)."
        ]
        lines += outcome.hired.map { member, score in
            "  \(member.id.short)  \(FamilyText.place(member))  \(score.points) points"
        }
        lines += outcome.failed.map { "  not \(displayText($0.address.utf8)): \($0.reason)" }
        return lines
    }

    /// Who of the friends keeps the backup, and why not the others.
    func friends(_ names: [String], _ failed: [(name: String, reason: String)]) {
        note("  " + FriendText.family(names))
        for (name, reason) in failed { note("  not \(displayText(name.utf8)): \(reason)") }
    }

    /// Who was chosen by a list.
    func chosen(_ members: [SupplierRecord], _ failed: [(address: String, reason: String)]) {
        note("New data goes to \(countText(UInt64(members.count), "supplier")):")
        for member in members { note("  \(member.id.short)  \(FamilyText.place(member))") }
        for (address, reason) in failed { note("  not \(displayText(address.utf8)): \(reason)") }
    }

    func leftDirectories(_ count: Int) {
        note(
            "  Note: what was backed up before stays on \(countText(UInt64(count), "supplier")) of "
                + "this disk; new data goes to the network.")
    }

    func starting(_ request: BackupRequest) throws {
        guard isTalking else { return }
        let paths = request.paths.map { displayText(RawPath($0).absolute().bytes) }
        let shown = paths.count > 3 ? paths.prefix(2) + ["\(paths.count - 2) more"] : paths[...]
        let name = request.setName.map { "set: \($0)" } ?? ""
        let verb = request.isDryRun ? "Trying a backup of " : "Backing up "
        let text = (verb + shown.joined(separator: ", ")).leftAligned(54) + "  " + name
        try console.out("\n" + console.outStyle.strong(text.trimmedAtEnd))
    }

    func finished(_ report: BackupReport) throws {
        for problem in report.problems { tell(problem) }
        for note in report.notes { tell(note: note) }
        for (supplier, reason) in report.suppliersFailed {
            tell("supplier \(FamilyText.place(supplier))", reason: reason)
        }
        if output.json { return try console.out(BackupMessages.summary(report).line) }
        if !output.quiet {
            for line in BackupText.summaryLines(report) { try console.out(line) }
        }
        try console.out(BackupText.resultLine(report, style: console.outStyle))
    }

    /// How to save the key and how to restore.
    func advice(_ identity: IdentitySummary, isNew: Bool) {
        guard isTalking, isNew || !identity.isKeySaved else { return }
        console.message("")
        if !identity.isKeySaved {
            let command = context.command("identity backup \(keyFileName(identity.name))")
            console.message(
                console.errorStyle.warning("Save your recovery key NOW:") + "  " + command)
        }
        console.message(
            "Restore any time:            " + context.command("restore latest --target ~/restored"))
    }

    func shortfall(_ report: BackupReport) -> String {
        report.status == .belowTarget
            ? "the snapshot is below its target redundancy"
            : "\(countText(UInt64(report.problems.count), "source file")) could not be read"
    }

    private func tell(_ problem: SourceProblem) {
        if output.json {
            console.message(BackupMessages.error(problem, during: "archival").line)
        } else {
            tell("skipped " + displayText(problem.path), reason: problem.reason)
        }
    }

    private func tell(note: SourceProblem) {
        if output.quiet { return }
        console.message(
            output.json
                ? BackupMessages.note(note).line
                : "  note: \(displayText(note.path)): \(note.reason)")
    }

    private func tell(_ what: String, reason: String) {
        if output.json {
            console.message(BackupMessages.error(what: what, reason: reason).line)
        } else {
            console.message(console.errorStyle.warning("  " + what) + ": " + reason)
        }
    }

    static func summaryLines(_ report: BackupReport) -> [String] {
        let counts = report.snapshot.counts
        var flow = [sizeText(counts.bytesTotal) + " in files"]
        if counts.bytesNew == 0 {
            flow.append("nothing new to store")
        } else {
            flow.append(sizeText(counts.bytesNew) + " new after dedup")
            flow.append(sizeText(counts.bytesCompressed) + " compressed")
            if report.snapshotID != nil {
                flow.append(sizeText(counts.bytesStored) + " in fragments")
            }
        }
        return [
            "  new \(countText(counts.filesNew))  changed \(countText(counts.filesChanged))"
                + "  same \(countText(counts.filesSame))"
                + "  skipped \(countText(counts.filesSkipped))",
            "  " + flow.joined(separator: " -> "),
        ]
    }

    /// The one line that stays with `--quiet`.
    static func resultLine(_ report: BackupReport, style: Style) -> String {
        guard let id = report.snapshotID else {
            return "dry run: nothing was stored (scheme would be \(report.scheme))"
        }
        let saved =
            style.strong("snapshot \(id.short)") + " saved in "
            + durationText(report.snapshot.durationNanoseconds)
        let losses = lossText(report.lossesTolerated, of: report.suppliersTotal)
        if !report.suppliersFailed.isEmpty {
            return "\(saved) - \(style.warning("below target")): \(losses)"
        }
        return report.lossesTolerated > 0
            ? "\(saved) - \(style.good("healthy")): \(losses)"
            : "\(saved) - \(style.warning("not redundant")): \(losses)"
    }
}

/// `can lose any 2 of 4 suppliers`.
func lossText(_ losses: Int, of total: Int) -> String {
    switch losses {
    case ..<0: "parts are lost, \(countText(total, "supplier"))"
    case 0:
        total == 1
            ? "only one supplier, it must not be lost" : "can lose none of \(total) suppliers"
    default: "can lose any \(losses) of \(total) suppliers"
    }
}

/// Where the key of an identity might be saved, as a word of a command line.
func keyFileName(_ name: String) -> String {
    let safe = name.unicodeScalars.map { scalar in
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "."
            ? String(scalar) : "-"
    }.joined()
    return "~/\(safe)-recovery.key"
}

extension String {
    var trimmedAtEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
