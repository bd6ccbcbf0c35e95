internal import Dispatch
internal import Logging
internal import Model
internal import Pipelines
internal import Services

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
        let loop = RebuildLoop(
            home: Home(path: Array(parts.home.path.utf8)), adapters: parts.setting.adapters)
        while !Task.isCancelled {
            state?.enter("REBUILDING")
            let end = await loop.round()
            tell(end)
            state?.enter("DONE")
            let delay = end.delay
            guard (try? await parts.setting.sleeper.sleep(nanoseconds: delay)) != nil else {
                return
            }
        }
    }

    private func tell(_ end: RebuildLoop.End) {
        switch end {
        case .done(let report) where report.fragmentsStored + report.fragmentsFoundLost > 0:
            let found = "\(report.fragmentsFoundLost) fragments found lost"
            log.notice("\(found), \(report.fragmentsStored) rebuilt")
        case .done(let report): log.debug("\(report.auditsPassed) audits passed, all is there")
        case .gaveWay: log.debug("gave way to a command")
        case .busy, .nothing: break
        case .failed(let reason): log.warning("\(reason)")
        }
    }
}

/// One customer's rounds, each on a thread of its own: they wait for disks and suppliers.
struct RebuildLoop: Sendable {
    enum End: Sendable {
        case done(RebuildReport)
        /// A command wanted the home, or the node stops.
        case gaveWay
        /// A command has the home.
        case busy
        /// There is no identity here.
        case nothing
        case failed(String)

        /// Nanoseconds until the next round.
        var delay: UInt64 {
            switch self {
            case .gaveWay, .busy: Limits.rebuildRetryInterval
            case .done, .nothing, .failed: Limits.rebuildInterval
            }
        }
    }

    let home: Home
    let adapters: Adapters

    func round() async -> End {
        let cancellation = Cancellation()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DispatchQueue.global(qos: .background).async {
                    continuation.resume(returning: perform(cancellation))
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }

    private func perform(_ cancellation: Cancellation) -> End {
        guard Customer.exists(home: home) else { return .nothing }
        var request = RebuildRequest()
        request.bytesPerSecond = Limits.rebuildByteRateDefault
        do {
            let customer = try Customer.open(home: home, adapters: adapters, isBackground: true)
            defer { customer.close() }
            return .done(
                try customer.rebuild(request, cancellation: cancellation) { _ in
                    if customer.isWanted { cancellation.cancel() }
                })
        } catch is CancelledError {
            return .gaveWay
        } catch let failure as Failure where failure.code == "BD-BUSY" {
            return .busy
        } catch let failure as Failure {
            return cancellation.isCancelled ? .gaveWay : .failed(failure.message)
        } catch {
            return .failed("\(error)")
        }
    }
}
