internal import Model
internal import Pipelines
internal import Placement

/// What `health` says, as text and as JSON.
struct HealthText {
    let report: HealthReport

    /// What the node is doing; `nil` when none runs.
    var node: NodeWork?
    /// What cannot be restored: the first of it, and whether there is more.
    var lost: [LostPath] = []
    var hasMoreLost = false

    struct NodeWork {
        var isWorking = false
        var phase = ""
        var done: UInt64 = 0
        var total: UInt64 = 0
    }

    /// The sentence that matters.
    func sentence(style: Style) -> String {
        let (tone, start, rest) = report.sentence { countText($0) }
        guard !report.isNothingStored else { return start }
        switch tone {
        case .good: return style.good(start) + rest
        case .warning: return style.warning(start) + rest
        case .bad: return style.bad(start) + rest
        }
    }

    func lines(style: Style) -> [String] {
        var lines = [sentence(style: style)]
        guard !report.isNothingStored else { return lines }
        lines.append("")
        let heading = [
            "source", "what", "scheme", "blocks", "stored", "doubtful", "lost", "misplaced",
            "spare", "may lose",
        ]
        lines += SnapshotText.aligned(
            [heading] + rows, rightAligned: [3, 4, 5, 6, 7, 8, 9])
        if report.unmappedSnapshotCount > 0 {
            let count = countText(UInt64(report.unmappedSnapshotCount), "snapshot")
            lines.append(
                "\(count) of another machine: `bitdust rebuild` finds out which blocks they need"
            )
        }
        lines += lostLines
        lines += ["", "now        \(nowText)", "rebuild    \(rebuildText)", "suppliers"]
        lines += SnapshotText.aligned(
            report.suppliers.enumerated().map { index, supplier in
                [
                    "  \(index + 1)", supplier.standing.word, supplier.record.address,
                    "- \(supplier.score.reason)"
                        + (FamilyText.trouble(supplier.standing).map { "; \($0)" } ?? ""),
                ]
            })
        return lines
    }

    private var rows: [[String]] {
        var rows: [[String]] = []
        for source in report.sources {
            for (index, group) in source.groups.enumerated() {
                rows.append(HealthText.row(index == 0 ? source.name ?? "(other)" : "", group))
            }
        }
        let shared = report.groups.filter { $0.kind == .catalog }
        for (index, group) in shared.enumerated() {
            rows.append(HealthText.row(index == 0 ? "(all)" : "", group))
        }
        if let heads = report.heads {
            let counts = [heads.stored, heads.doubtful, heads.lost, heads.misplaced]
            rows.append(
                [shared.isEmpty ? "(all)" : "", "head", "copies", "1"]
                    + counts.map { countText($0) }
                    + ["0", countText(max(0, heads.stored + heads.misplaced - 1))])
        }
        return rows
    }

    private static func row(_ source: String, _ group: HealthReport.Group) -> [String] {
        let losses = group.blocksLost > 0 ? "LOST" : countText(group.lossesTolerated)
        return [displayText(source.utf8), group.name, group.scheme.description]
            + [
                group.blockCount, group.stored, group.doubtful, group.lost, group.misplaced,
                group.spare,
            ].map { countText($0) } + [losses]
    }

    private var lostLines: [String] {
        guard report.blocksLost > 0 else { return [] }
        var lines = ["", "cannot be restored now"]
        lines += lost.map(HealthText.line)
        if lost.isEmpty { lines.append("  no file of any snapshot") }
        if hasMoreLost { lines.append("  and more: `bitdust health --lost` names all") }
        return lines
    }

    static func line(_ lost: LostPath) -> String {
        "  \(lost.snapshot.short)  \(displayText(lost.setName.utf8))  \(displayText(lost.path))"
            + (lost.isDirectory ? "  and all below it" : "")
    }

    private var nowText: String {
        guard let node else { return "no node runs: `bitdust daemon` starts one, which rebuilds" }
        guard node.isWorking else { return "the node waits for its next round" }
        guard node.total > 0 else { return "the node looks" }
        return "the node is \(node.phase): \(countText(node.done)) of \(countText(node.total))"
    }

    /// What the rebuilder would do now.
    private var rebuildText: String {
        var words: [String] = []
        if report.fragmentsToStore > 0 {
            let size = sizeText(UInt64(report.bytesLeft))
            words.append(
                "\(countText(UInt64(report.fragmentsLeft), "fragment")) to store, \(size)")
            if let seconds = report.secondsLeft {
                words.append("about \(durationText(UInt64(seconds * 1e9))) at the last pace")
            }
        }
        if report.fragmentsUnplaced > 0 {
            words.append(
                "\(countText(UInt64(report.fragmentsUnplaced), "fragment")) that no supplier can "
                    + "take: add one with `bitdust rebuild --suppliers DIR`, or `bitdust hire`")
        }
        return words.isEmpty ? "nothing to do" : words.joined(separator: ", ")
    }

    var message: JSON {
        .object([
            JSONField("message_type", "health_report"), JSONField("health", report.word),
            JSONField("sentence", sentence(style: .plain)),
            JSONField("losses_tolerated", report.lossesTolerated),
            JSONField("blocks_lost", report.blocksLost),
            JSONField("blocks_waiting", report.blocksWaiting),
            JSONField("sources", report.sources.map(HealthText.message)),
            JSONField("groups", report.groups.map(HealthText.message)),
            JSONField("heads", report.heads.map(HealthText.message) ?? .null),
            JSONField("snapshots_unmapped", report.unmappedSnapshotCount),
            JSONField("fragments_left", report.fragmentsLeft),
            JSONField("bytes_left", report.bytesLeft),
            JSONField("fragments_to_store", report.fragmentsToStore),
            JSONField("bytes_to_store", report.bytesToStore),
            JSONField("fragments_postponed", report.fragmentsPostponed),
            JSONField("fragments_unplaced", report.fragmentsUnplaced),
            JSONField(
                "seconds_remaining", report.secondsLeft.map { .unsigned(UInt64($0)) } ?? .null),
            JSONField("suppliers", report.suppliers.map(HealthText.message)),
            JSONField("working", node?.isWorking ?? false),
            JSONField("lost", lost.map(HealthText.message)),
            JSONField("lost_more", hasMoreLost),
        ])
    }

    private static func message(_ group: HealthReport.Group) -> JSON {
        .object([
            JSONField("kind", group.name), JSONField("scheme", group.scheme.description),
            JSONField("blocks", group.blockCount), JSONField("stored", group.stored),
            JSONField("doubtful", group.doubtful), JSONField("lost", group.lost),
            JSONField("misplaced", group.misplaced), JSONField("spare", group.spare),
            JSONField("blocks_lost", group.blocksLost),
            JSONField("losses_tolerated", group.lossesTolerated),
        ])
    }

    static func message(_ source: HealthReport.Source) -> JSON {
        var fields = [JSONField("source", source.name.map { .text($0) } ?? .null)]
        if let host = source.host { fields.append(JSONField("hostname", host)) }
        fields += JSONField.paths("paths", source.paths)
        fields.append(JSONField("groups", source.groups.map(message)))
        return .object(fields)
    }

    private static func message(_ heads: HealthReport.Heads) -> JSON {
        .object([
            JSONField("stored", heads.stored), JSONField("doubtful", heads.doubtful),
            JSONField("lost", heads.lost), JSONField("misplaced", heads.misplaced),
        ])
    }

    static func message(_ lost: LostPath) -> JSON {
        .object(
            [
                JSONField("snapshot_id", lost.snapshot.description),
                JSONField("set", lost.setName), JSONField("all_below", lost.isDirectory),
            ] + JSONField.path("path", lost.path))
    }

    private static func message(_ supplier: HealthReport.Supplier) -> JSON {
        .object(
            [
                JSONField("id", supplier.record.id.description),
                JSONField("address", supplier.record.address),
                JSONField("score", supplier.score.value),
                JSONField("reason", supplier.score.reason),
            ] + FamilyText.fields(supplier.standing))
    }
}
