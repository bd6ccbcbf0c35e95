package import Model

/// Keeps places at routers for a node that others cannot dial: waits there for callers, and lets
/// the node's listener take them.
package actor RouterPlaces {
    private let listener: SessionListener
    private let dialer: SessionDialer
    private let time: any TimeSource
    private let sleeper: any Sleeper
    private let reached: @Sendable ([Endpoint]) async -> Void
    private var choice: RouterChoice
    private var waits: [Endpoint: Task<Void, Never>] = [:]
    private var timer: Task<Void, Never>?
    /// Calls that are being taken.
    private var takingCount = 0
    private var isStopped = false

    /// - Parameter reached: told of each change of the routers by which the node is reached.
    package init(
        listener: SessionListener, dialer: SessionDialer, time: any TimeSource,
        sleeper: any Sleeper, random: any RandomSource, wantedCount: Int = Limits.routersInUse,
        reached: @escaping @Sendable ([Endpoint]) async -> Void
    ) {
        self.listener = listener
        self.dialer = dialer
        self.time = time
        self.sleeper = sleeper
        self.reached = reached
        choice = RouterChoice(wantedCount: wantedCount, random: random)
    }

    /// Tells which routers there are, the better ones first.
    package func offer(_ routers: [Endpoint]) async {
        await perform(choice.offer(routers, at: time.uptime))
    }

    /// Gives all places up.
    package func stop() async {
        isStopped = true
        timer?.cancel()
        let tasks = waits.values
        waits = [:]
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    private func perform(_ effects: [RouterChoice.Effect]) async {
        guard !isStopped else { return }
        for effect in effects {
            switch effect {
            case .wait(let router):
                waits[router] = Task { [weak self] in await self?.wait(at: router) }
            case .leave(let router): waits.removeValue(forKey: router)?.cancel()
            case .reached(let routers): await reached(routers)
            }
        }
        setTimer()
    }

    private func setTimer() {
        timer?.cancel()
        timer = nil
        guard !isStopped, let deadline = choice.nextDeadline else { return }
        let now = time.uptime
        timer = Task { [weak self, sleeper] in
            let delay = deadline > now ? deadline - now : 0
            guard (try? await sleeper.sleep(nanoseconds: delay)) != nil else { return }
            await self?.ticked()
        }
    }

    private func ticked() async {
        // This task is the timer: it is not the one to cancel.
        timer = nil
        await perform(choice.tick(at: time.uptime))
    }

    // MARK: One router

    private func wait(at router: Endpoint) async {
        if let session = try? await dialer.dial([router], expecting: nil) {
            await wait(at: router, session)
            await session.close()
        }
        guard !isStopped, !Task.isCancelled else { return }
        waits[router] = nil
        await perform(choice.lost(router, at: time.uptime))
    }

    /// Returns when the router is of no use any more.
    private func wait(at router: Endpoint, _ session: Session) async {
        // The first answer comes at once: there is a place.
        var patience: Duration = .zero
        while !Task.isCancelled {
            let request = RouterRequest.wait(patience: UInt32(patience.nanoseconds / 1_000_000))
            guard
                let response = try? await session.request(
                    SessionRequest(header: request.encoded()),
                    deadline: patience + Limits.requestDeadlineDefault),
                case .callers(let passes)? = try? RouterResponse(response.header)
            else { return }
            if patience == .zero { await perform(choice.began(router)) }
            patience = Limits.routerWaitMax
            for pass in passes where takingCount < Limits.callersTakenMax {
                takingCount += 1
                Task { await take(pass, from: router) }
            }
        }
    }

    private func take(_ pass: SplicePass, from router: Endpoint) async {
        // Who calls and cannot say who it is, or has gone, is of no interest.
        _ = try? await listener.take(pass, from: router)
        takingCount -= 1
    }
}
