internal import Dispatch
internal import Model
internal import Pipelines
internal import Placement

/// One customer's rounds, each on a thread of its own: they wait for disks and suppliers.
struct RebuildLoop: Sendable {
    /// What a round did.
    struct Round: Sendable {
        var report = RebuildReport()
        var hired: [SupplierRecord] = []
        /// `nil` when no other scheme was wanted.
        var reshape: ReshapeReport?
        /// Of this round and those before.
        var journal = RebuildJournal()
    }

    enum End: Sendable {
        case done(Round)
        /// A command wanted the home, or the node stops.
        case gaveWay
        /// A command has the home.
        case busy
        /// There is no identity here.
        case nothing
        case failed(String)

        /// What was done, when the round came to its end.
        var round: Round? {
            if case .done(let round) = self { round } else { nil }
        }

        /// Whether the next round has its whole time.
        var isOver: Bool {
            switch self {
            case .gaveWay, .busy, .nothing: false
            case .done, .failed: true
            }
        }
    }

    let home: Home
    var adapters: Adapters
    var request: RebuildRequest
    /// Hires so many suppliers; on the round's thread.
    var hire: @Sendable (Customer, Int) throws -> [SupplierRecord] = { _, _ in [] }

    /// Brings rebuilders up to date; before a round, so that nothing is done twice, and after it.
    var contact: @Sendable (Customer) throws -> Void = { _ in }

    /// Hears where the round stands; on any thread.
    var progress: @Sendable (RebuildProgress) -> Void = { _ in }

    init(home: Home, adapters: Adapters) {
        self.home = home
        self.adapters = adapters
        request = RebuildRequest()
        request.bytesPerSecond = Limits.rebuildByteRateDefault
    }

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
        guard Customer.exists(home: home), Customer.hasCatalog(home: home) else {
            return .nothing
        }
        do {
            let customer = try Customer.open(home: home, adapters: adapters, isBackground: true)
            defer { customer.close() }
            return .done(
                try customer.givingWay(cancellation) { try work(customer, cancellation) })
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

    private func work(_ customer: Customer, _ cancellation: Cancellation) throws -> Round {
        var round = Round()
        try contact(customer)
        try cancellation.check()
        try customer.lookAtSuppliers()
        let vacancies = try customer.review(grace: request.grace).vacancyCount
        try cancellation.check()
        // Without anybody to hire, what can be stored on those who are there still is.
        // No stranger takes the place of a friend or of somebody who was chosen.
        if vacancies > 0, try customer.takesStrangers() {
            round.hired = (try? hire(customer, vacancies)) ?? []
        }
        try cancellation.check()
        round.report = try customer.rebuild(request, cancellation: cancellation, progress: progress)
        if let wanted = try customer.pendingReshape() {
            round.reshape = try customer.reshape(wanted, cancellation: cancellation) { _, _ in }
        }
        round.journal = try customer.rebuildJournal()
        try contact(customer)
        return round
    }
}
