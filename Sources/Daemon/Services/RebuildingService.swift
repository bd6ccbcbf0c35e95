internal import Logging
internal import Model
internal import Pipelines
internal import Services
internal import Settings

/// Keeps the customer of this home whole: a round of questions, audits and rebuilding now and then,
/// when no command is using the home, and giving way to one that wants it.
actor RebuildingService: ServiceBody {
    private let parts: NodeParts
    private let log: Logger
    private var work: Task<Void, Never>?
    private var state: StateMachine?

    init(parts: NodeParts) {
        self.parts = parts
        log = parts.logs.logger("rebuilding")
    }

    func start() async throws {
        state = parts.registry.register("backup_rebuilder", state: "STOPPED")
        work = Task { [weak self] in await self?.run() }
    }

    func stop() async {
        work?.cancel()
        await work?.value
        work = nil
        state = nil
    }

    private func run() async {
        while !Task.isCancelled {
            let values = parts.values
            // Places are looked up anew in each round: nodes move.
            let network = CustomerNetwork(home: parts.home, setting: parts.setting)
            var loop = RebuildLoop(
                home: Home(path: Array(parts.home.path.utf8)), adapters: network.adapters)
            if values[CustomerSettings.replacesOffline] {
                let list = values[CustomerSettings.candidates]
                loop.hire = { customer, count in
                    try HiringDesk(network).hire(
                        list.isEmpty ? nil : list, for: customer, count: count
                    ).hired.map(\.member)
                }
            }
            let log = log
            loop.contact = { try RebuildingService.contact(RebuilderLink(network), $0, log) }
            let slot = parts.health
            loop.progress = { slot.note($0) }
            state?.enter("REBUILDING")
            parts.health.begin()
            parts.openNetworks.add(network)
            let end = await loop.round()
            parts.health.end(end.round)
            parts.openNetworks.remove(network)
            await network.close()
            tell(end)
            state?.enter("DONE")
            let pause = UInt64(values[CustomerSettings.roundMinutes]) * 60_000_000_000
            let delay = end.isOver ? pause : min(pause, Limits.rebuildRetryInterval)
            guard (try? await parts.setting.sleeper.sleep(nanoseconds: delay)) != nil else {
                return
            }
        }
    }

    private static func contact(
        _ link: RebuilderLink, _ customer: Customer, _ log: Logger
    ) throws {
        for (user, result) in try link.syncAll(customer) {
            switch result {
            case .failure(let error): log.warning("\(user.short): \(NodeProcess.text(error))")
            case .success(let done) where done.movesTaken + done.blocksSent > 0:
                let moved = countText(done.movesTaken, "fragment") + " rebuilt"
                let sent = countText(done.blocksSent, "block") + " handed over"
                log.notice("rebuilder \(user.short): \(moved), \(sent)")
            case .success: break
            }
        }
    }

    private func tell(_ end: RebuildLoop.End) {
        switch end {
        case .done(let round):
            for record in round.hired { log.notice("hired \(record.id.short) as a replacement") }
            if let reshape = round.reshape, reshape.blocksReshaped > 0 {
                let count = countText(reshape.blocksReshaped, "block")
                log.notice("\(count) coded as \(reshape.scheme)")
            }
            let report = round.report
            guard report.fragmentsStored + report.fragmentsFoundLost > 0 else {
                return log.debug("\(countText(report.auditsPassed, "audit")) passed, all is there")
            }
            let found = countText(report.fragmentsFoundLost, "fragment") + " found lost"
            log.notice("\(found), \(report.fragmentsStored) stored anew")
        case .gaveWay: log.debug("gave way to a command")
        case .busy, .nothing: break
        case .failed(let reason): log.warning("\(reason)")
        }
    }
}
