internal import Model
internal import Pipelines
internal import Placement

/// What `health` says, as text and as JSON.
struct HealthText {
    let report: HealthReport

    private var supplierCount: Int { report.suppliers.count { !$0.view.isLeaving } }

    /// The sentence that matters.
    func sentence(style: Style) -> String {
        let losses = report.lossesTolerated
        if report.isNothingStored { return "Nothing is backed up yet" }
        if report.blocksLost > 0 {
            return style.bad("LOST") + ": \(countText(UInt64(report.blocksLost), "block")) cannot "
                + "be read from the suppliers that answer"
        }
        let may =
            losses == 0
            ? "no supplier may fail now"
            : "any \(losses) of \(supplierCount) suppliers may fail"
        if report.fragmentsMissing > 0 {
            return style.warning("Everything can be restored")
                + ", \(countText(UInt64(report.fragmentsMissing), "fragment")) to rebuild: \(may)"
        }
        if report.fragmentsDoubtful > 0 {
            return style.warning("Everything can be restored")
                + ", a supplier is silent: \(may)"
        }
        return losses == 0
            ? style.warning("Everything is stored") + ", but \(may)"
            : style.good("Everything is safe") + ": \(may)"
    }

    func lines(style: Style) -> [String] {
        var lines = [sentence(style: style)]
        guard !report.isNothingStored else { return lines }
        lines.append("")
        let heading = [
            "what", "scheme", "blocks", "stored", "doubtful", "lost", "misplaced", "spare",
            "may lose",
        ]
        let rows = report.groups.map { group in
            [
                HealthText.name(group.kind), group.scheme.description, countText(group.blockCount),
                countText(group.stored), countText(group.doubtful), countText(group.lost),
                countText(group.misplaced), countText(group.spare),
                countText(group.lossesTolerated),
            ]
        }
        lines += SnapshotText.aligned([heading] + rows, rightAligned: [2, 3, 4, 5, 6, 7, 8])
        lines += ["", "rebuild    \(rebuildText)", "suppliers"]
        lines += SnapshotText.aligned(
            report.suppliers.enumerated().map { index, supplier in
                [
                    "  \(index + 1)", HealthText.state(supplier), supplier.record.address,
                    "- \(supplier.score.reason)" + (supplier.failure.map { "; \($0)" } ?? ""),
                ]
            })
        return lines
    }

    /// What the rebuilder would do now.
    private var rebuildText: String {
        var words: [String] = []
        if report.fragmentsToStore > 0 {
            let size = sizeText(UInt64(report.bytesToStore))
            words.append(
                "\(countText(UInt64(report.fragmentsToStore), "fragment")) to store, \(size)")
            if let seconds = report.secondsLeft {
                words.append("about \(durationText(UInt64(seconds * 1e9))) at the last pace")
            }
        }
        if report.fragmentsPostponed > 0 {
            words.append("\(countText(UInt64(report.fragmentsPostponed))) more later")
        }
        if report.fragmentsUnplaced > 0 {
            words.append(
                "\(countText(UInt64(report.fragmentsUnplaced), "fragment")) that no supplier can "
                    + "take: add one with `bitdust rebuild --suppliers DIR`")
        }
        return words.isEmpty ? "nothing to do" : words.joined(separator: ", ")
    }

    private static func name(_ kind: BlockKind) -> String {
        switch kind {
        case .data: "data"
        case .tree: "directories"
        case .catalog: "catalog"
        }
    }

    static func state(_ supplier: HealthReport.Supplier) -> String {
        switch supplier.view.presence {
        case .answers: supplier.view.isLeaving ? "leaves" : "ok"
        case .silent(let nanoseconds):
            supplier.view.isLeaving
                ? "gone" : "silent \(nanoseconds / 3_600_000_000_000) h"
        }
    }

    var message: JSON {
        .object([
            JSONField("message_type", "health_report"), JSONField("health", health),
            JSONField("sentence", sentence(style: .plain)),
            JSONField("losses_tolerated", report.lossesTolerated),
            JSONField("blocks_lost", report.blocksLost),
            JSONField("groups", report.groups.map(HealthText.message)),
            JSONField("fragments_to_store", report.fragmentsToStore),
            JSONField("bytes_to_store", report.bytesToStore),
            JSONField("fragments_postponed", report.fragmentsPostponed),
            JSONField("fragments_unplaced", report.fragmentsUnplaced),
            JSONField(
                "seconds_remaining", report.secondsLeft.map { .unsigned(UInt64($0)) } ?? .null),
            JSONField("suppliers", report.suppliers.map(HealthText.message)),
        ])
    }

    var health: String {
        if report.isNothingStored { return "empty" }
        if report.blocksLost > 0 { return "lost" }
        if report.status != .done { return "degraded" }
        return report.lossesTolerated == 0 ? "at_risk" : "safe"
    }

    private static func message(_ group: HealthReport.Group) -> JSON {
        .object([
            JSONField("kind", name(group.kind)), JSONField("scheme", group.scheme.description),
            JSONField("blocks", group.blockCount), JSONField("stored", group.stored),
            JSONField("doubtful", group.doubtful), JSONField("lost", group.lost),
            JSONField("misplaced", group.misplaced), JSONField("spare", group.spare),
            JSONField("losses_tolerated", group.lossesTolerated),
        ])
    }

    private static func message(_ supplier: HealthReport.Supplier) -> JSON {
        .object([
            JSONField("id", supplier.record.id.description),
            JSONField("address", supplier.record.address),
            JSONField("state", state(supplier)), JSONField("score", supplier.score.value),
            JSONField("reason", supplier.score.reason),
            JSONField("failure", supplier.failure.map { .text($0) } ?? .null),
        ])
    }
}
