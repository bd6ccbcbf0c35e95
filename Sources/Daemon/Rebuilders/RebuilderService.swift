internal import Identities
internal import Logging
internal import Model
internal import Networking
internal import Rebuilding
internal import Services
internal import Settings
internal import Suppliers

/// Rebuilds for others while they are away: takes their grants and blocks, and looks after them
/// round by round.
actor RebuilderService: ServiceBody {
    private let parts: NodeParts
    private let log: Logger
    private var desk: RebuilderDesk?
    private var work: Task<Void, Never>?
    private var state: StateMachine?
    /// The desk writes to the disk.
    private let threads = BlockingWork(threadCount: 1)

    init(parts: NodeParts) {
        self.parts = parts
        log = parts.logs.logger("rebuilder")
    }

    func start() async throws {
        let device = try await parts.identity.deviceKeys()
        let caller = SupplierCaller(certificate: device.certificate, device: device.key)
        let desk = RebuilderDesk(
            user: device.certificate.userID, directory: parts.home.rebuilder,
            time: parts.setting.time)
        self.desk = desk
        let threads = threads
        let hub = parts.hub
        parts.hub.handlers.register(RebuilderDesk.magic) { [weak hub] peer, request in
            let (owner, header, payload) = (peer.userID, request.header, request.payload.array)
            let origin = await hub?.address(of: peer)
            let answer = try await threads.perform {
                desk.answer(owner, header, payload, from: origin)
            }
            return SessionResponse(
                header: answer.header, payload: SessionPayload(answer.payload))
        }
        state = parts.registry.register("remote_rebuilder", state: "READY")
        work = Task { [weak self] in await self?.run(desk, caller) }
        log.info("rebuilding for \(countText(desk.active.count, "owner"))")
    }

    func stop() async {
        parts.hub.handlers.register(RebuilderDesk.magic, nil)
        work?.cancel()
        await work?.value
        (work, state, desk) = (nil, nil, nil)
    }

    private func run(_ desk: RebuilderDesk, _ caller: SupplierCaller) async {
        while !Task.isCancelled {
            let values = parts.values
            desk.sweep()
            for delegation in desk.active where !Task.isCancelled {
                let network = CustomerNetwork(
                    home: parts.home, setting: parts.setting, mayDial: delegation.mayDial)
                let visit = DelegatedVisit(
                    delegation: delegation, caller: caller, suppliers: network.suppliers,
                    setting: parts.setting,
                    grace: UInt64(values[RebuilderSettings.graceHours]) * 3_600_000_000_000,
                    bytesPerSecond: values[RebuilderSettings.rate] << 20)
                state?.enter("REBUILDING")
                tell(delegation, await visit.perform())
                await network.close()
            }
            state?.enter("READY")
            let pause = UInt64(values[RebuilderSettings.roundMinutes]) * 60_000_000_000
            guard (try? await parts.setting.sleeper.sleep(nanoseconds: pause)) != nil else {
                return
            }
        }
    }

    private func tell(
        _ delegation: Delegation, _ result: Result<DelegatedVisit.Outcome, any Error>
    ) {
        let owner = delegation.owner.short
        switch result {
        case .failure(let error): log.warning("for \(owner): \(NodeProcess.text(error))")
        case .success(let outcome):
            let report = outcome.report
            let state =
                "\(countText(report.blockCount, "block")), \(outcome.answering) of "
                + "\(countText(outcome.known, "supplier")) answer, "
                + "\(countText(report.fragmentsMissing, "fragment")) missing"
            guard report.fragmentsStored + report.fragmentsFoundLost > 0 else {
                return log.info("for \(owner): \(state)")
            }
            let tenths = Int((Double(outcome.nanoseconds) / 1e8).rounded(.up))
            log.notice(
                """
                for \(owner): \(countText(report.fragmentsFoundLost, "fragment")) found lost, \
                \(report.fragmentsStored) stored, \(report.bytesStored) bytes sent and \
                \(report.bytesFetched) read in \(tenths / 10).\(tenths % 10) s; \(state)
                """)
        }
    }
}
