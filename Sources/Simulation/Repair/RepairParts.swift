internal import Glibc
internal import Model
internal import Placement

/// Something that will happen in a simulated network of suppliers.
enum RepairEvent {
    case death(supplier: Int)
    case down(supplier: Int)
    case up(supplier: Int)
    /// A supplier has been silent for longer than grace, and longer than any customer waits.
    case graceOver(supplier: Int)
    case dismissal(supplier: Int, silentSince: UInt64)
    /// An audit meets what an empty supplier has lost.
    case audit(customer: Int, supplier: Int)
    case rebuilt(customer: Int, attempt: Int)
    case shock
}

/// One supplier from its birth to its death, as only the simulation knows it.
struct SimulatedSupplier {
    let id: SupplierID
    var isDead = false
    var isOnline = true
    /// It answers, but has lost what it held and keeps nothing.
    var isEmpty = false
    var silentSince: UInt64 = 0
    var freeByteCount: Int
    /// Customers that have it in their families, in the order in which they hired it.
    var customers: [Int] = []

    var keepsData: Bool { !isDead && !isEmpty }
}

/// One customer: its family, what it knows, and what its rebuilder does now.
struct SimulatedCustomer {
    /// Indices of suppliers, as hired.
    var family: [Int]
    var blocks: [BlockHoldings]
    /// What is left of the plan, the next last.
    var items: [RebuildPlan.Item] = []
    /// The item under way, and the number of its attempt.
    var current: (item: RebuildPlan.Item, attempt: Int)?
    var attemptCount = 0
    /// Something has changed since the plan was made.
    var isStale = false
    /// Suppliers whose loss is not made good yet, and when they died.
    var losses: [(supplier: Int, time: UInt64)] = []
    /// Deaths since all was whole.
    var deaths: [UInt64] = []
    /// Groups of blocks that are lost, by number.
    var lostGroups: Set<Int> = []

    var isLost: Bool { !lostGroups.isEmpty }
}

extension BlockHoldings {
    /// The block as it is after a step of its plan.
    ///
    /// A fragment that was moved away from a supplier that may have it still leaves a spare there.
    func applying(_ step: RebuildPlan.Step, keepsSpare: Bool) -> BlockHoldings {
        var (places, isHeld, spares) = (self.places, self.isHeld, self.spares)
        let position = step.position
        let old = places[position]
        spares.removeAll { $0.position == position && $0.supplier == step.supplier }
        if case .store(_, let supplier, .some) = step {
            spares.removeAll { $0.supplier == supplier }
            for other in places.indices where places[other] == supplier { isHeld[other] = false }
        }
        if keepsSpare, isHeld[position], old != step.supplier {
            spares.append(Spare(position: position, supplier: old))
        }
        places[position] = step.supplier
        isHeld[position] = true
        return with(places: places, isHeld: isHeld, spares: spares)
    }

    /// The block when `supplier` is known to have nothing of it.
    func without(_ supplier: SupplierID) -> BlockHoldings {
        var isHeld = isHeld
        for position in places.indices where places[position] == supplier {
            isHeld[position] = false
        }
        return with(
            places: places, isHeld: isHeld, spares: spares.filter { $0.supplier != supplier })
    }

    private func with(
        places: [SupplierID], isHeld: [Bool], spares: [Spare]
    ) -> BlockHoldings {
        BlockHoldings(
            row: row, kind: kind, scheme: scheme, fragmentLength: fragmentLength, places: places,
            isHeld: isHeld, spares: spares)
    }
}

/// Times that a seed repeats.
struct RepairClock {
    static let day = 86_400_000_000_000.0
    static let hour = 3_600_000_000_000.0
    let random: SeededRandom

    func fraction() -> Double { Double(random.next() >> 11) * 0x1p-53 }

    /// Nanoseconds, exponentially distributed.
    func exponential(mean: Double) -> UInt64 { UInt64(min(-log(1 - fraction()) * mean, 4e18)) }
}

func exponential(_ value: Double) -> Double { exp(value) }
