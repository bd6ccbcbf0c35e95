package import Model
package import Pipelines
package import Placement
internal import Suppliers

/// Finds suppliers for a customer, chooses among them, and agrees with them: for a command as for
/// the node.
///
/// Thread rules: any thread but those of the network and of the cooperative pool.
package struct HiringDesk: Sendable {
    private let network: CustomerNetwork

    /// What came of it.
    package struct Outcome: Sendable {
        package var found = 0
        package var hired: [(member: SupplierRecord, score: CandidateScore)] = []
        package var failed: [(address: String, reason: String)] = []

        package init(found: Int = 0, failed: [(address: String, reason: String)] = []) {
            self.found = found
            self.failed = failed
        }
    }

    package init(_ network: CustomerNetwork) {
        self.network = network
    }

    /// Those that answer now.
    ///
    /// - Parameter list: places to ask instead of the network.
    package func find(
        _ list: [String]?, as customer: Customer
    ) throws -> [CustomerNetwork.Found] {
        if list == nil, try network.joined() == nil { throw HiringDesk.notJoined }
        let (network, caller) = (network, customer.caller)
        return try Blocking.wait { try await network.find(list, as: caller) }
    }

    package func plan(
        _ found: [CustomerNetwork.Found], for customer: Customer, count: Int
    ) throws -> HiringPlan {
        HiringPlan(
            found.map(\.candidate), own: customer.identity.user,
            family: try customer.employedCandidates(), count: count,
            room: Limits.networkQuotaMin)
    }

    /// How many are missing of `count`, or of as many as the owner wants.
    package func missing(of count: Int? = nil, for customer: Customer) throws -> Int {
        let wanted = try count ?? network.supplierCountWanted() ?? Limits.familyCountDefault
        return max(0, try wanted - customer.employedCandidates().count)
    }

    /// Hires the best.
    ///
    /// - Parameter count: how many more there are to be.
    package func hire(
        _ list: [String]?, for customer: Customer, count: Int
    ) throws -> Outcome {
        let found = try find(list, as: customer)
        let plan = try plan(found, for: customer, count: count)
        let chosen = plan.hires.compactMap { hire in
            found.first { $0.candidate == hire.candidate }.map { ($0, hire.score) }
        }
        let report = try customer.hire(chosen.map { $0.0.address.description })
        var outcome = Outcome(found: found.count, failed: report.failed)
        for record in report.hired {
            guard let (_, score) = chosen.first(where: { $0.0.candidate.supplier == record.id })
            else { continue }
            outcome.hired.append((record, score))
        }
        return outcome
    }

    private static var notJoined: Failure {
        Failure(
            "BD-NO-NETWORK", .badConfiguration, "this machine has joined no network",
            remedy: "join one (`bitdust join CODE`), or name suppliers: --to HOST,HOST")
    }

    package static func nobody(_ outcome: Outcome, isList: Bool) -> Failure {
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
