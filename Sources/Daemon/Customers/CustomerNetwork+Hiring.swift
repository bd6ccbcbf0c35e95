package import Model
package import Pipelines
internal import Placement
internal import Suppliers

extension CustomerNetwork {
    /// Hires the best of the network in place of suppliers that are gone; nobody where no network
    /// was joined.
    ///
    /// - Parameter list: places to ask instead of the network, unless it is empty.
    /// Thread rules: any thread but those of the network and of the cooperative pool.
    package func hireMissing(
        _ count: Int, from list: [String], for customer: Customer
    ) throws -> [SupplierRecord] {
        let places = list.isEmpty ? nil : list
        guard count > 0, try places != nil || joined() != nil else { return [] }
        let caller = customer.caller
        let found = try Blocking.wait { try await self.find(places, as: caller) }
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
