package import Model
package import Pipelines
internal import Placement
internal import Suppliers

extension CustomerNetwork {
    /// Hires the best of the network in place of suppliers that are gone; nobody where no network
    /// was joined.
    ///
    /// Thread rules: any thread but those of the network and of the cooperative pool.
    package func hireMissing(
        _ count: Int, for customer: Customer
    ) throws -> [SupplierRecord] {
        guard count > 0, try joined() != nil else { return [] }
        let caller = customer.caller
        let found = try Blocking.wait { try await self.find(nil, as: caller) }
        let plan = HiringPlan(
            found.map(\.candidate), own: customer.identity.user,
            family: try customer.employedCandidates(), count: count,
            room: Limits.networkQuotaMin)
        let addresses = plan.hires.compactMap { hire in
            found.first { $0.candidate == hire.candidate }?.address.description
        }
        return try customer.hire(addresses).hired
    }
}
