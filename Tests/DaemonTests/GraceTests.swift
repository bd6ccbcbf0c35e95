import Model
import Pipelines
import Testing

@testable import Daemon

/// How long silence is waited for, as commands and the node take it from the settings of a home.
@Suite struct GraceTests {
    @Test func `a customer is opened with the grace of its home, and a day where none is set`()
        async throws
    {
        let scratch = try HomeScratch()
        func grace() async -> UInt64 {
            let network = CustomerNetwork(home: scratch.home, setting: scratch.setting())
            await network.close()
            return network.adapters.grace
        }
        #expect(await grace() == Limits.supplierGrace)
        let configuration = try NodeConfiguration(home: scratch.home, environment: [:])
        for hours in [5, 0, 87_600] as [UInt64] {
            try configuration.set("services/rebuilding/grace-hours", "\(hours)")
            #expect(await grace() == hours * 3_600_000_000_000)
        }
    }
}
