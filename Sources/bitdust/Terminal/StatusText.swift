internal import Model
internal import Pipelines

/// What `status` says, as text and as JSON.
struct StatusText {
    let report: StatusReport
    let identity: IdentitySummary
    let now: Timestamp

    private var online: Int { report.suppliers.count { $0.standing.answers } }

    /// In one word, for machines.
    var health: String {
        guard report.latest != nil, let losses = report.lossesTolerated else { return "empty" }
        if losses < 0 { return "lost" }
        if online < report.suppliers.count { return "degraded" }
        return losses == 0 ? "at_risk" : "safe"
    }

    /// The sentence that matters.
    func sentence(style: Style) -> String {
        let total = report.suppliers.count
        let losses = report.lossesTolerated ?? 0
        let answer = "\(online) of \(countText(total, "supplier")) answer"
        switch health {
        case "empty":
            return "Nothing is backed up yet"
        case "lost":
            return style.bad("LOST") + ": \(answer), too few for some blocks "
                + "- `bitdust check` names the files"
        case "degraded":
            let more = losses == 0 ? "none" : "any \(losses)"
            return style.warning("Degraded") + ": \(answer), can lose \(more) of them"
        case "at_risk":
            return style.warning("At risk") + ": \(lossText(0, of: total))"
        default:
            return style.good("Safe") + ": \(lossText(losses, of: total))"
        }
    }

    func lines(style: Style) -> [String] {
        let saved = report.isKeySaved ? "saved" : style.warning("never saved")
        let device = identity.deviceName
        var lines = [
            sentence(style: style), "",
            "identity   \(report.userName) (\(report.user.short))   device \(device)",
            "key file   \(saved)",
            "last       \(lastText)",
            "snapshots  \(countText(report.snapshotCount))",
            "stored     \(storedText)",
            "rebuilder  \(rebuildingText)",
        ]
        if !report.sources.isEmpty { lines.append("sources") }
        lines += SnapshotText.aligned(report.sources.map(StatusText.row), rightAligned: [1])
        if !report.suppliers.isEmpty { lines.append("suppliers") }
        let rows = report.suppliers.enumerated().map { index, supplier in
            [
                "  \(index + 1)",
                supplier.standing.word, sizeText(supplier.usedByteCount),
                countText(supplier.fragmentCount, "fragment"), FamilyText.place(supplier.record),
                FamilyText.trouble(supplier.standing).map { "- " + $0 } ?? "",
            ]
        }
        return lines + SnapshotText.aligned(rows, rightAligned: [2, 3])
    }

    private static func row(_ source: HealthReport.Source) -> [String] {
        func sum(_ count: (HealthReport.Group) -> Int) -> Int {
            source.groups.reduce(0) { $0 + count($1) }
        }
        let counts = [
            (sum(\.doubtful), "doubtful"), (sum(\.lost), "lost"), (sum(\.misplaced), "misplaced"),
        ].filter { $0.0 > 0 }.map { "\(countText($0.0)) \($0.1)" }
        return [
            "  " + displayText((source.name ?? "(other)").utf8),
            countText(UInt64(sum(\.blockCount)), "block"),
            "\(countText(sum(\.stored))) fragments stored"
                + counts.map { ", " + $0 }.joined(),
        ]
    }

    private var lastText: String {
        guard let (id, snapshot) = report.latest else { return "never" }
        let ago = agoText(then: snapshot.taken, now: now.nanoseconds)
        return "\(ago) (\(localTimeText(nanoseconds: snapshot.taken)))   \(id.short)  "
            + "\(snapshot.setName)  \(countText(snapshot.counts.filesTotal, "file"))  "
            + sizeText(snapshot.counts.bytesTotal)
    }

    private var storedText: String {
        "\(sizeText(report.plainByteCount)) of data -> \(sizeText(report.sealedByteCount)) sealed"
            + " -> \(sizeText(report.storedByteCount)) in fragments   "
            + "\(countText(report.chunkCount)) chunks in \(countText(report.blockCount)) blocks"
    }

    private var rebuildingText: String {
        guard let last = report.rebuilding else { return "no round yet: the node does them" }
        let ago = agoText(then: last.lastRound, now: now.nanoseconds)
        let missing = UInt64(last.lost) + UInt64(last.misplaced)
        var words = "looked \(ago)"
        if last.foundLost + last.rebuilt > 0 {
            words +=
                ", found \(countText(UInt64(last.foundLost), "fragment")) lost and stored "
                + "\(countText(UInt64(last.rebuilt))) anew that day"
        }
        if missing > 0 { words += ", \(countText(missing)) still to rebuild" }
        if last.doubtful > 0 { words += ", waits for a silent supplier" }
        if report.isReshapeWanted { words += ", another scheme is on its way" }
        return words
    }

    var message: JSON {
        var fields = [
            JSONField("message_type", "status_report"), JSONField("health", health),
            JSONField(
                "losses_tolerated", report.lossesTolerated.map { .integer(Int64($0)) } ?? .null),
            JSONField("suppliers_online", online),
            JSONField("suppliers_total", report.suppliers.count),
            JSONField("user_name", report.userName),
            JSONField("user_id", report.user.description),
            JSONField("device_name", identity.deviceName),
            JSONField("device_id", identity.device.description),
            JSONField("key_saved", report.isKeySaved),
            JSONField("snapshots_count", report.snapshotCount),
            JSONField("blocks_count", report.blockCount),
            JSONField("chunks_count", report.chunkCount),
            JSONField("bytes_plain", report.plainByteCount),
            JSONField("bytes_sealed", report.sealedByteCount),
            JSONField("bytes_stored", report.storedByteCount),
        ]
        if let (id, snapshot) = report.latest {
            fields.append(JSONField("latest", SnapshotText.message(id, snapshot)))
        }
        if let last = report.rebuilding {
            fields.append(JSONField("rebuilder", StatusText.message(last)))
        }
        fields.append(JSONField("sources", report.sources.map(HealthText.message)))
        fields.append(JSONField("suppliers", report.suppliers.map(StatusText.message)))
        return .object(fields)
    }

    static func message(_ day: RebuildJournal.Day) -> JSON {
        .object([
            JSONField("last_round", time: day.lastRound),
            JSONField("rounds", UInt64(day.roundCount)), JSONField("stored", UInt64(day.stored)),
            JSONField("doubtful", UInt64(day.doubtful)), JSONField("lost", UInt64(day.lost)),
            JSONField("misplaced", UInt64(day.misplaced)),
            JSONField("found_lost", UInt64(day.foundLost)),
            JSONField("rebuilt", UInt64(day.rebuilt)), JSONField("bytes_sent", day.bytesSent),
        ])
    }

    static func message(_ supplier: SupplierState) -> JSON {
        .object(
            [
                JSONField("id", supplier.record.id.description),
                JSONField("address", supplier.record.address),
                JSONField("online", supplier.standing.answers),
                JSONField("bytes_used", supplier.usedByteCount),
                JSONField("fragments_count", supplier.fragmentCount),
            ] + FamilyText.fields(supplier.standing))
    }
}
