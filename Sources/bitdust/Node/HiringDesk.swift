internal import Daemon
internal import Model
internal import Pipelines
internal import Placement
internal import Suppliers

/// Finds suppliers of the network for a customer, chooses among them, and agrees with them.
struct HiringDesk {
    let context: CommandContext

    /// What came of it.
    struct Outcome {
        var found = 0
        var hired: [(member: SupplierRecord, score: CandidateScore)] = []
        var failed: [(address: String, reason: String)] = []
    }

    /// Those that answer now.
    func find(
        _ list: [String]?, as customer: Customer
    ) throws -> [CustomerNetwork.Found] {
        if list == nil, try context.network.joined() == nil { throw HiringDesk.notJoined }
        let (network, caller) = (context.network, customer.caller)
        return try waiting { try await network.find(list, as: caller) }
    }

    func plan(
        _ found: [CustomerNetwork.Found], for customer: Customer, count: Int
    ) throws -> HiringPlan {
        HiringPlan(
            found.map(\.candidate), own: customer.identity.user,
            family: try customer.employedCandidates(), count: count,
            room: Limits.networkQuotaMin)
    }

    /// Hires as many as are missing of `count`; of a list all that can be.
    func hire(
        _ list: [String]?, for customer: Customer, count: Int? = nil
    ) throws -> Outcome {
        let found = try find(list, as: customer)
        let employed = try customer.employedCandidates().count
        let wanted =
            try count ?? context.network.supplierCountWanted() ?? Limits.familyCountDefault
        let plan = try plan(found, for: customer, count: max(0, wanted - employed))
        var outcome = Outcome(found: found.count)
        let chosen = plan.hires.compactMap { hire in
            found.first { $0.candidate == hire.candidate }.map { ($0, hire.score) }
        }
        let report = try customer.hire(chosen.map { $0.0.address.description })
        for record in report.hired {
            guard let (_, score) = chosen.first(where: { $0.0.candidate.supplier == record.id })
            else { continue }
            outcome.hired.append((record, score))
        }
        outcome.failed = report.failed
        return outcome
    }

    func friendBook() throws -> FriendBook { try FriendBook(home: NodeClient(context).home) }

    /// Those who keep something for us.
    func friends() throws -> [Friend] { try friendBook().all.filter { $0.gives > 0 } }

    static var notJoined: Failure {
        Failure(
            "BD-NO-NETWORK", .badConfiguration, "this machine has joined no network",
            remedy: "join one (`bitdust join CODE`), or name suppliers: --to HOST,HOST")
    }

    static func nobody(_ outcome: Outcome, isList: Bool) -> Failure {
        let causes = outcome.failed.map { "\($0.address): \($0.reason)" }
        let place = isList ? "at these places" : "in the network"
        return Failure(
            "BD-NO-CANDIDATES", .tooFewSuppliers, "no supplier \(place) could be hired",
            cause: outcome.found == 0
                ? "none answers"
                : causes.isEmpty ? "none has room" : causes.joined(separator: "; "),
            remedy: "see `bitdust find`; or use directories: --suppliers DIR,DIR,...")
    }
}
