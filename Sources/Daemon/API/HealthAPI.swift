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
    }

    private let state = Mutex(State())

    var isWorking: Bool { state.withLock { $0.isWorking } }
    var last: (report: RebuildReport, days: [RebuildJournal.Day])? {
        state.withLock { state in state.report.map { ($0, state.days) } }
    }

    func begin() { state.withLock { $0.isWorking = true } }

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
        guard let (report, days) = slot.last else {
            return .result(["health": .text("unknown"), "working": .bool(slot.isWorking)])
        }
        let health = report.health
        return .result([
            "health": .text(HealthAPI.word(health)), "working": .bool(slot.isWorking),
            "losses_tolerated": APIValue(health.lossesTolerated),
            "blocks_lost": APIValue(health.blocksLost),
            "groups": .array(health.groups.map(HealthAPI.value)),
            "fragments_to_store": APIValue(health.fragmentsToStore),
            "bytes_to_store": APIValue(health.bytesToStore),
            "fragments_unplaced": APIValue(health.fragmentsUnplaced),
            "seconds_remaining": health.secondsLeft.map { APIValue(Int($0)) } ?? .null,
            "suppliers": .array(health.suppliers.map(HealthAPI.value)),
            "history": .array(days.map(HealthAPI.value)),
        ])
    }

    private static func word(_ health: HealthReport) -> String {
        if health.isNothingStored { return "empty" }
        if health.blocksLost > 0 { return "lost" }
        if health.status != .done { return "degraded" }
        return health.lossesTolerated == 0 ? "at_risk" : "safe"
    }

    private static func value(_ group: HealthReport.Group) -> APIValue {
        [
            "kind": .text("\(group.kind)"), "scheme": .text("\(group.scheme)"),
            "blocks": APIValue(group.blockCount), "stored": APIValue(group.stored),
            "doubtful": APIValue(group.doubtful), "lost": APIValue(group.lost),
            "misplaced": APIValue(group.misplaced), "spare": APIValue(group.spare),
            "losses_tolerated": APIValue(group.lossesTolerated),
        ]
    }

    private static func value(_ supplier: HealthReport.Supplier) -> APIValue {
        [
            "id": .text("\(supplier.record.id)"), "address": .text(supplier.record.address),
            "answers": .bool(supplier.failure == nil),
            "leaving": .bool(supplier.view.isLeaving),
            "reason": .text(supplier.failure ?? supplier.score.reason),
        ]
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
