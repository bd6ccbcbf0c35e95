import Model
import Simulation
import Suppliers
import Testing

@Suite struct FragmentStoreConformanceTests {
    @Test(arguments: FragmentStoreConformance.rules)
    func `a store in memory keeps the rule`(_ rule: FragmentStoreConformance.Rule) throws {
        try rule.check { MemoryFragmentStore(key: supplierKey, capacity: $0) }
    }

    @Test(arguments: FragmentStoreConformance.rules)
    func `a faulty store without faults keeps the rule`(
        _ rule: FragmentStoreConformance.Rule
    ) throws {
        try rule.check {
            FaultyFragmentStore(MemoryFragmentStore(key: supplierKey, capacity: $0))
        }
    }

    @Test(arguments: FragmentStoreConformance.rules)
    func `a store on a simulated disk keeps the rule`(
        _ rule: FragmentStoreConformance.Rule
    ) throws {
        try rule.check {
            try simulatedStore(SimulatedDisk(), capacity: $0, segmentLengthMax: 256 << 10)
        }
    }

    @Test(arguments: FragmentStoreConformance.rules, [true, false])
    func `a store in a directory keeps the rule`(
        _ rule: FragmentStoreConformance.Rule, isDirect: Bool
    ) throws {
        let directory = try TemporaryDirectory()
        try rule.check { capacity in
            let path = "\(directory.path)/\(capacity)"
            let supplier = try SupplierDirectory.create(at: path, random: SeededRandom(seed: 5))
            return try supplier.store(StoreOptions(capacity: capacity, isDirect: isDirect))
        }
    }

    @Test(arguments: FragmentStoreConformance.rules)
    func `a store in memory behind the protocol keeps the rule`(
        _ rule: FragmentStoreConformance.Rule
    ) throws {
        try rule.check {
            ServedStore(MemoryFragmentStore(key: supplierKey, capacity: $0), key: supplierKey)
        }
    }

    @Test(arguments: FragmentStoreConformance.rules)
    func `a store on a disk behind the protocol keeps the rule`(
        _ rule: FragmentStoreConformance.Rule
    ) throws {
        try rule.check {
            ServedStore(
                try simulatedStore(SimulatedDisk(), capacity: $0, segmentLengthMax: 256 << 10),
                key: supplierKey)
        }
    }
}
