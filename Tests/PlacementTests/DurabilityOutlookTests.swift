import Model
import Testing

@testable import Placement

@Suite struct DurabilityOutlookTests {
    private func outlook(
        _ text: String, suppliers: Int, shocks: DurabilityModel.Shocks? = nil,
        eventCount: Int = 0
    ) throws -> DurabilityOutlook {
        let scheme = try #require(ErasureScheme(text))
        let model = try #require(
            DurabilityModel(scheme: scheme, lifetimeDays: 180, repairDays: 2, shocks: shocks))
        return DurabilityOutlook(
            model: model, supplierCount: suppliers, eventCount: eventCount, seed: 1)
    }

    @Test func `with one family many blocks are as safe as one`() throws {
        let outlook = try outlook("2+2", suppliers: 4)
        #expect(outlook.supplierSetCount == 1)
        #expect(outlook.repositoryLoss(blockCount: 1_000_000) == outlook.lossPerYear)
        let ten = 1 - (0..<10).reduce(1.0) { left, _ in left * (1 - outlook.lossPerYear) }
        #expect(abs(outlook.scatteredLoss(blockCount: 10) / ten - 1) < 1e-9)
        #expect(outlook.scatteredLoss(blockCount: 1_000_000) == 1)
    }

    /// The sets that the outlook counts are those that the family really uses.
    @Test func `a larger family has as many sets as the plan makes`() throws {
        let outlook = try outlook("2+2", suppliers: 7)
        let ids = (1...7).map { SupplierID(Bytes32(words: (UInt64($0), 0, 0, 0))) }
        let plan = try FamilyPlan(suppliers: ids, scheme: outlook.model.scheme)
        let sets = Set((0..<100).map { Set(plan.assignment(blockNumber: $0)) })
        #expect(outlook.supplierSetCount == sets.count)
        #expect(outlook.repositoryLoss(blockCount: 3) == 3 * outlook.lossPerYear)
        #expect(outlook.repositoryLoss(blockCount: 1_000) == 7 * outlook.lossPerYear)
    }

    @Test func `what would help is computed, and the strongest comes first`() throws {
        let outlook = try outlook("4+4", suppliers: 8)
        let effects = outlook.effects
        #expect(effects.map(\.lossPerYear) == effects.map(\.lossPerYear).sorted())
        #expect(effects.count == 5)
        let parity = try #require(ErasureScheme("4+5"))
        let more = try #require(effects.first { $0.change == .parity(parity) })
        let model = try #require(outlook.model.with(scheme: parity))
        #expect(more.lossPerYear == DurabilityChain(model: model).lossPerYear)
        #expect(more.expansion == 2.25)
        let wider = try #require(ErasureScheme("5+5"))
        #expect(effects.contains { $0.change == .suppliers(count: 10, wider) })
    }

    @Test func `one supplier alone has nothing to balance`() throws {
        let changes = try outlook("1+0", suppliers: 1).effects.map(\.change)
        #expect(!changes.contains { if case .balance = $0 { true } else { false } })
        #expect(try outlook("127+128", suppliers: 255).effects.count == 3)
    }

    @Test func `trials are played where they can say something`() throws {
        #expect(try outlook("8+12", suppliers: 20, eventCount: 1000).trials == nil)
        #expect(try outlook("2+2", suppliers: 4, eventCount: 1000).trials != nil)
        #expect(try outlook("2+2", suppliers: 4).trials == nil)
    }

    @Test func `shocks are told apart from single deaths`() throws {
        let shocks = try #require(DurabilityModel.Shocks(share: 0.33, intervalDays: 3650))
        let outlook = try outlook("8+12", suppliers: 20, shocks: shocks)
        #expect(outlook.lossWithoutShocks < 1e-15)
        #expect(outlook.lossPerYear > 1e-4)
        let byShock = try #require(outlook.lossByShock)
        // A tenth of the years has a shock.
        #expect(abs(outlook.lossPerYear / (byShock / 10) - 1) < 0.1)
    }
}
