import Model
import Simulation
import Suppliers
import Testing

/// Random sequences of calls, held against the store in memory. A failing seed is printed.
@Suite struct RandomOperationTests {
    private static let customers = [1, 2].map { try! StoreCustomer(seed: $0) }
    private static let uploads: [[FragmentUpload]] = customers.map { customer in
        (1...6).map {
            try! customer.upload(
                seed: UInt64($0), pageCount: 1 + $0 % 3, descriptorLength: $0 * 1500)
        }
    }
    private static let heads: [[Head]] = customers.map { customer in
        (1...4).map { try! customer.head(sequence: UInt64($0)) }
    }

    /// One answer in a form that can be compared.
    private func answer(_ body: () throws -> String) -> String {
        do {
            return try body()
        } catch {
            return "\(error)"
        }
    }

    private func step(_ random: SeededRandom) -> (any FragmentStore) -> String {
        let number = random.below(0..<2)
        let customer = RandomOperationTests.customers[number]
        let pool = RandomOperationTests.uploads[number]
        let picked = (0..<random.below(0..<4)).map { _ in pool[random.below(0..<pool.count)] }
        let ids = picked.map(\.header.fragment)
        let single = pool[random.below(0..<pool.count)].header.fragment
        let start = random.below(0..<3000)
        let head = RandomOperationTests.heads[number][random.below(0..<4)]
        let quota = random.below(0..<60) << 10
        switch random.below(0..<12) {
        case 0..<4:
            return { store in
                answer { try store.put(picked).map { "\($0.signedBytes)" }.joined() }
            }
        case 4, 5:
            return { store in answer { "\(try store.bytes(of: single, of: customer.owner))" } }
        case 6:
            let range = start..<start + 1 + start % 9000
            return { store in
                answer { "\(try store.bytes(of: single, of: customer.owner, range: range))" }
            }
        case 7:
            return { store in answer { "\(try store.tombstone(ids, of: customer.owner))" } }
        case 8:
            return { store in answer { "\(try store.has(ids, of: customer.owner))" } }
        case 9:
            return { store in
                answer { "\(try store.list(of: customer.owner, after: ids.first, limit: 4))" }
            }
        case 10:
            return { store in answer { "\(try store.putHead(head))" } }
        default:
            return { store in
                answer {
                    "\(try store.admit(customer.contract(quota: quota, with: store.supplier)))"
                }
            }
        }
    }

    @Test func `a thousand sequences give the answers of the model`() throws {
        for seed in 1...1000 as ClosedRange<UInt64> {
            let random = SeededRandom(seed: seed)
            let disk = SimulatedDisk()
            let capacity = random.below(0..<160) << 10
            let model = MemoryFragmentStore(key: supplierKey, capacity: capacity)
            var store = try simulatedStore(disk, capacity: capacity)
            for customer in RandomOperationTests.customers {
                try model.admit(customer.contract(quota: 80 << 10, with: model.supplier))
                try store.admit(customer.contract(quota: 80 << 10, with: store.supplier))
            }
            for number in 1...8 {
                let step = step(random)
                let (expected, found) = (step(model), step(store))
                #expect(found == expected, "seed \(seed), step \(number)")
                if random.below(0..<16) == 0 {
                    store.close()
                    if random.flip() { disk.crash(random) }
                    store = try simulatedStore(disk, capacity: capacity)
                }
                let usage = try store.usage()
                #expect(usage == (try model.usage()), "seed \(seed), step \(number)")
                let length = disk.paths(below: "/store/segments").reduce(0) {
                    $0 + (disk.contents(of: $1)?.count ?? 0)
                }
                #expect(usage.used == length, "seed \(seed), step \(number): bytes on disk")
            }
            for customer in RandomOperationTests.customers {
                #expect(try store.heads(of: customer.owner) == model.heads(of: customer.owner))
            }
        }
    }
}
