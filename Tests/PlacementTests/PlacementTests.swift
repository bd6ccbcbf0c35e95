import Model
import Testing

@testable import Placement

private func ids(_ count: Int) -> [SupplierID] {
    (0..<count).map { SupplierID(Bytes32(words: (UInt64($0) + 1, 0, 0, 0))) }
}

@Suite struct RedundancyTests {
    @Test func `the automatic scheme follows the number of suppliers`() throws {
        let expected = [1: "1+0", 2: "1+1", 3: "2+1", 4: "2+2", 7: "4+3", 16: "8+8", 20: "8+12"]
        for (count, text) in expected {
            let scheme = try Redundancy.automatic.scheme(supplierCount: count)
            #expect(scheme.description == text, "\(count) suppliers")
        }
        #expect(throws: PlacementError.noSuppliers) {
            try Redundancy.automatic.scheme(supplierCount: 0)
        }
    }

    @Test func `surviving n of s suppliers leaves s-n data fragments`() throws {
        #expect(try Redundancy.survive(3).scheme(supplierCount: 7).description == "4+3")
        #expect(try Redundancy.survive(0).scheme(supplierCount: 2).description == "2+0")
        #expect(throws: PlacementError.tooFewSuppliers(have: 2, need: 3)) {
            try Redundancy.survive(2).scheme(supplierCount: 2)
        }
        #expect(throws: PlacementError.self) {
            try Redundancy.survive(-1).scheme(supplierCount: 255)
        }
    }

    @Test func `a scheme wants a supplier for each fragment`() throws {
        let scheme = try #require(ErasureScheme("10+6"))
        #expect(try Redundancy.scheme(scheme).scheme(supplierCount: 16) == scheme)
        #expect(throws: PlacementError.tooFewSuppliers(have: 15, need: 16)) {
            try Redundancy.scheme(scheme).scheme(supplierCount: 15)
        }
    }
}

@Suite struct FamilyPlanTests {
    @Test func `no supplier gets two fragments of a block and all take turns`() throws {
        for supplierCount in 1...24 {
            let scheme = try Redundancy.automatic.scheme(supplierCount: supplierCount)
            let family = ids(supplierCount)
            let plan = try FamilyPlan(suppliers: family, scheme: scheme)
            var load: [SupplierID: Int] = [:]
            for number in 0..<UInt64(supplierCount) {
                let assigned = plan.assignment(blockNumber: number)
                #expect(assigned.count == scheme.fragmentCount)
                #expect(Set(assigned).count == assigned.count)
                for supplier in assigned { load[supplier, default: 0] += 1 }
            }
            #expect(Set(load.values) == [scheme.fragmentCount])
        }
    }

    @Test func `a supplier named twice is refused`() throws {
        let scheme = try #require(ErasureScheme("1+1"))
        #expect(throws: PlacementError.self) {
            try FamilyPlan(suppliers: [ids(1)[0], ids(1)[0]], scheme: scheme)
        }
    }

    @Test func `receipts cover the data and half of the parity`() throws {
        for (text, need) in ["1+0": 1, "1+1": 1, "2+2": 3, "8+12": 14, "2+1": 2, "2+3": 3] {
            #expect(FamilyPlan.receiptsNeeded(try #require(ErasureScheme(text))) == need)
        }
    }
}

@Suite struct BlockHealthTests {
    @Test func `the weakest block speaks for all`() throws {
        let scheme = try #require(ErasureScheme("2+2"))
        let blocks = [4, 3, 2].map { BlockHealth(scheme: scheme, presentCount: $0) }
        #expect(BlockHealth.lossesTolerated(blocks) == 0)
        #expect(blocks.map(\.isWhole) == [true, false, false])
        #expect(BlockHealth(scheme: scheme, presentCount: 1).isLost)
        #expect(BlockHealth.lossesTolerated([]) == nil)
    }
}
