internal import APIModel
internal import Model
internal import Pipelines
internal import Placement
internal import Synchronization

/// What the node's last round found, for whoever asks: no home is opened for it.
///
/// Thread rules: any thread.
final class HealthSlot: Sendable {
    private struct State {
        var report: RebuildReport?
        var days: [RebuildJournal.Day] = []
        var isWorking = false
        var progress = RebuildProgress()
    }

    private let state = Mutex(State())

    var isWorking: Bool { state.withLock { $0.isWorking } }
    var progress: RebuildProgress { state.withLock { $0.progress } }
    var last: (report: RebuildReport, days: [RebuildJournal.Day])? {
        state.withLock { state in state.report.map { ($0, state.days) } }
    }

    func begin() {
        state.withLock { state in
            state.isWorking = true
            state.progress = RebuildProgress()
        }
    }

    func note(_ progress: RebuildProgress) { state.withLock { $0.progress = progress } }

    /// - Parameter round: `nil` when the round did not end.
    func end(_ round: RebuildLoop.Round?) {
        state.withLock { state in
            state.isWorking = false
            guard let round else { return }
            state.report = round.report
            state.days = round.journal.days
        }
    }
}

/// How it stands with what this node has stored at its suppliers.
struct HealthAPI: Sendable {
    let parts: NodeParts

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("health/status") { _ in status() }
        return table
    }

    private func status() -> APIEnvelope {
        let slot = parts.health
        var now: [String: APIValue] = ["working": .bool(slot.isWorking)]
        if slot.isWorking {
            let progress = slot.progress
            now["phase"] = .text(progress.phase.rawValue)
            now["done"] = .integer(Int64(clamping: progress.done))
            now["total"] = .integer(Int64(clamping: progress.total))
        }
        guard let (report, days) = slot.last else {
            return .result(.object(now.merging(["health": .text("unknown")]) { $1 }))
        }
        return .result(.object(now.merging(HealthAPI.fields(report.health, days)) { $1 }))
    }

    private static func fields(
        _ health: HealthReport, _ days: [RebuildJournal.Day]
    ) -> [String: APIValue] {
        [
            "health": .text(health.word),
            "sentence": .text(health.sentence().start + health.sentence().rest),
            "losses_tolerated": APIValue(health.lossesTolerated),
            "blocks_lost": APIValue(health.blocksLost),
            "blocks_waiting": APIValue(health.blocksWaiting),
            "sources": .array(health.sources.map(HealthAPI.value)),
            "heads": health.heads.map(HealthAPI.value) ?? .null,
            "fragments_left": APIValue(health.fragmentsLeft),
            "bytes_left": APIValue(health.bytesLeft),
            "groups": .array(health.groups.map(HealthAPI.value)),
            "fragments_to_store": APIValue(health.fragmentsToStore),
            "bytes_to_store": APIValue(health.bytesToStore),
            "fragments_unplaced": APIValue(health.fragmentsUnplaced),
            "seconds_remaining": health.secondsLeft.map { APIValue(Int($0)) } ?? .null,
            "suppliers": .array(health.suppliers.map(HealthAPI.value)),
            "history": .array(days.map(HealthAPI.value)),
        ]
    }

    private static func value(_ source: HealthReport.Source) -> APIValue {
        [
            "source": source.name.map { .text($0) } ?? .null,
            "hostname": source.host.map { .text($0) } ?? .null,
            "paths": .array(source.paths.map { .text(String(decoding: $0, as: UTF8.self)) }),
            "groups": .array(source.groups.map(value)),
        ]
    }

    private static func value(_ heads: HealthReport.Heads) -> APIValue {
        [
            "stored": APIValue(heads.stored), "doubtful": APIValue(heads.doubtful),
            "lost": APIValue(heads.lost), "misplaced": APIValue(heads.misplaced),
        ]
    }

    private static func value(_ group: HealthReport.Group) -> APIValue {
        [
            "kind": .text(group.name), "scheme": .text("\(group.scheme)"),
            "blocks": APIValue(group.blockCount), "stored": APIValue(group.stored),
            "doubtful": APIValue(group.doubtful), "lost": APIValue(group.lost),
            "misplaced": APIValue(group.misplaced), "spare": APIValue(group.spare),
            "blocks_lost": APIValue(group.blocksLost),
            "losses_tolerated": APIValue(group.lossesTolerated),
        ]
    }

    private static func value(_ supplier: HealthReport.Supplier) -> APIValue {
        [
            "id": .text("\(supplier.record.id)"), "address": .text(supplier.record.address),
            "answers": .bool(supplier.standing.answers),
            "state": .text(supplier.standing.word),
            "away_since": since(supplier.standing.away),
            "away_seconds_counted": counted(supplier.standing.away),
            "leaving": .bool(supplier.view.isLeaving),
            "reason": .text(supplier.failure ?? supplier.score.reason),
        ]
    }

    /// When a supplier answered last, seconds since 1970.
    static func since(_ away: Away?) -> APIValue {
        away.flatMap { $0.seen > 0 ? APIValue(Int($0.seen / 1_000_000_000)) : nil } ?? .null
    }

    /// What of its silence is held against grace.
    static func counted(_ away: Away?) -> APIValue {
        away.map { APIValue(Int(clamping: $0.silence / 1_000_000_000)) } ?? .null
    }

    private static func value(_ day: RebuildJournal.Day) -> APIValue {
        [
            "day": APIValue(day.day), "last_round": APIValue(day.lastRound / 1_000_000_000),
            "rounds": APIValue(day.roundCount), "stored": APIValue(day.stored),
            "doubtful": APIValue(day.doubtful), "lost": APIValue(day.lost),
            "misplaced": APIValue(day.misplaced), "found_lost": APIValue(day.foundLost),
            "rebuilt": APIValue(day.rebuilt), "bytes_sent": APIValue(day.bytesSent),
        ]
    }
}
