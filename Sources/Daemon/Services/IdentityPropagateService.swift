internal import APIModel
internal import Identities
internal import IdentityServers
internal import Logging
internal import Model
internal import Networking
internal import Services
internal import Settings

/// Keeps this identity's document alive and true on its servers.
actor IdentityPropagateService: ServiceBody {
    private let parts: NodeParts
    private let log: Logger
    private var work: Task<Void, Never>?
    private var pause: Task<Void, Never>?
    /// Something has changed since it was looked at last.
    private var isWoken = false
    /// Those who have asked for a check and wait for its end.
    private var checks: [CheckedContinuation<Void, Never>] = []
    private var state: StateMachine?

    init(parts: NodeParts) {
        self.parts = parts
        log = parts.logs.logger("identity")
    }

    func start() async throws {
        // One that was never published is known to friends only.
        guard let document = await parts.identity.document else { return }
        let values = parts.values
        let seconds = UInt64(values[IdentitySettings.healthCheckInterval])
        let preferred = KnownServers.of(values[IdentitySettings.preferredServers])
        let others = parts.knownServers.filter { !preferred.contains($0) }
        let isRotating = values[IdentitySettings.automaticRotate]
        let propagation = Propagation(
            document: document, known: isRotating ? preferred + others : [],
            serverCounts: parts.serverCounts, interval: seconds * 1_000_000_000,
            uptime: parts.setting.time.uptime)
        state = parts.registry.register("id_rotator", state: "AT_STARTUP")
        parts.routing.whenChanged { [weak self] in Task { await self?.wake() } }
        parts.propagation.fill { [weak self] in await self?.check() }
        work = Task { [weak self] in await self?.run(propagation) }
    }

    func stop() async {
        parts.routing.whenChanged(nil)
        parts.propagation.fill(nil)
        work?.cancel()
        await work?.value
        work = nil
        state = nil
    }

    private func run(_ start: Propagation) async {
        var propagation = start
        let (time, sleeper) = (parts.setting.time, parts.setting.sleeper)
        let exchange = NodeExchange(client: parts.http)
        while !Task.isCancelled {
            if let newer = await parts.identity.document, newer != propagation.document {
                _ = propagation.documentChanged(newer)
            }
            isWoken = false
            let asked = checks
            checks = []
            if !asked.isEmpty { propagation.checkNow() }
            propagation.contactsChanged(contacts(of: propagation.document))
            var hasChecked = false
            var effects = propagation.tick(uptime: time.uptime)[...]
            while let effect = effects.popFirst() {
                switch effect {
                case .ask(let calls):
                    state?.enter("REQUEST_ID")
                    let results = await exchange.perform(
                        calls, deadline: Limits.identityServerDeadline)
                    effects += propagation.answered(results, uptime: time.uptime)
                case .sign(let plan):
                    state?.enter("MY_ID_ROTATE")
                    effects += propagation.signed(await signed(plan))
                case .adopt(let document): await adopt(document)
                case .report(let report):
                    if case .checked = report { hasChecked = true }
                    await tell(report)
                }
            }
            state?.enter("DONE")
            if hasChecked {
                for check in asked { check.resume() }
            } else if !asked.isEmpty {
                // New contacts were published first.
                checks += asked
                isWoken = true
            }
            if isWoken { continue }
            let now = time.uptime
            let due = propagation.nextDeadline ?? now + 1_000_000_000
            // A deadline that is past already is no reason to ask the servers without a pause.
            let delay = due > now + 100_000_000 ? due - now : 100_000_000
            let pause = Task { _ = try? await sleeper.sleep(nanoseconds: delay) }
            self.pause = pause
            await withTaskCancellationHandler {
                await pause.value
            } onCancel: {
                pause.cancel()
            }
        }
        for check in checks { check.resume() }
        checks = []
    }

    /// Looks at all servers now and replaces those that do not answer; returns when that is done.
    private func check() async {
        guard let work, !work.isCancelled else { return }
        await withCheckedContinuation { continuation in
            checks.append(continuation)
            wake()
        }
    }

    /// There is something to publish.
    private func wake() {
        isWoken = true
        pause?.cancel()
    }

    /// The document's, with the routers by which the node is reached now.
    private func contacts(of document: IdentityDocument) -> [Identities.Contact] {
        let own = document.content.contacts
        guard parts.values[ServiceSettings.enabled(.proxyTransport)] else {
            let direct = own.filter { $0.transport != PeerAddresses.routerTransport }
            return direct.isEmpty ? own : direct
        }
        return parts.routing.contacts(after: own)
    }

    private func signed(_ plan: DocumentPlan) async -> IdentityDocument? {
        do {
            return try await parts.identity.sign(plan)
        } catch {
            log.error("document not signed: \(NodeProcess.text(error))")
            return nil
        }
    }

    private func adopt(_ document: IdentityDocument) async {
        do {
            try await parts.identity.adopt(document)
        } catch {
            log.error("document not kept: \(NodeProcess.text(error))")
        }
    }

    private func tell(_ report: Propagation.Report) async {
        switch report {
        case .checked(let healthy, let count):
            log.debug("\(healthy) of \(count) identity servers have the document")
        case .published(let servers, let count):
            log.info("document published on \(servers) of \(count) identity servers")
        case .replaced(let dead, let fresh):
            log.notice("identity servers replaced: \(dead) by \(fresh)")
            await parts.events.publish(
                "my-identity-rotate-complete",
                [
                    "old": .array(dead.map { .text("\($0)") }),
                    "new": .array(fresh.map { .text("\($0)") }),
                ])
        case .adopted(let order): log.notice("another device published \(order)")
        case .contradiction(let source, let error):
            log.critical("\(source) shows what contradicts our document: \(error)")
        case .nameTaken(let source): log.error("\(source) has another user under our name")
        }
    }
}
