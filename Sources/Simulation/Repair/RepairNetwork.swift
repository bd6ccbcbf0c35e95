internal import Model
internal import Placement

/// The network of a ``RepairScenario``, driven by its events.
///
/// Everything is a value in one thread, and nothing unordered is iterated into an event, so that a
/// seed repeats the run. What a customer knows (silence, answers to audits) is kept apart from what
/// is true (`keepsData`): plans are made from the former, losses counted from the latter.
struct RepairNetwork {
    let scenario: RepairScenario
    let clock: RepairClock
    var events = EventHeap<RepairEvent>()
    var now: UInt64 = 0
    var suppliers: [SimulatedSupplier] = []
    /// Indices of those that live.
    var living: [Int] = []
    var customers: [SimulatedCustomer] = []
    var report: RepairReport
    private let end: UInt64

    init(scenario: RepairScenario) {
        self.scenario = scenario
        clock = RepairClock(random: SeededRandom(seed: scenario.seed))
        report = RepairReport(scenario: scenario)
        end = UInt64(scenario.years * DurabilityModel.yearDays * RepairClock.day)
    }

    mutating func run() -> RepairReport {
        for _ in 0..<scenario.supplierCount { addSupplier() }
        for _ in 0..<scenario.customerCount { addCustomer() }
        for day in scenario.shockDays { events.add(.shock, at: UInt64(day * RepairClock.day)) }
        while let time = events.nextTime, time <= end, let next = events.removeFirst() {
            now = next.time
            note(next.event)
            handle(next.event)
        }
        report.unfinishedCount = customers.reduce(0) { $0 + $1.losses.count }
        report.lostCustomerCount = customers.count { $0.isLost }
        return report
    }

    private mutating func note(_ event: RepairEvent) {
        report.eventCount += 1
        let kind: UInt64 =
            switch event {
            case .death(let supplier): UInt64(supplier) << 3
            case .down(let supplier): UInt64(supplier) << 3 | 1
            case .up(let supplier): UInt64(supplier) << 3 | 2
            case .graceOver(let supplier): UInt64(supplier) << 3 | 3
            case .dismissal(let supplier, _): UInt64(supplier) << 3 | 4
            case .audit(_, let supplier): UInt64(supplier) << 3 | 5
            case .rebuilt(let customer, _): UInt64(customer) << 3 | 6
            case .shock: 7
            }
        for word in [now, kind] {
            report.traceHash = (report.traceHash ^ word) &* 0x0000_0100_0000_01B3
        }
    }

    private mutating func handle(_ event: RepairEvent) {
        switch event {
        case .death(let supplier): die(supplier)
        case .down(let supplier): goDown(supplier)
        case .up(let supplier): comeUp(supplier)
        case .graceOver(let supplier): graceIsOver(supplier)
        case .dismissal(let supplier, let since):
            let state = suppliers[supplier]
            guard !state.isOnline, state.silentSince == since else { return }
            for customer in state.customers { dismiss(supplier, customer) }
        case .audit(let customer, let supplier): findEmpty(supplier, customer)
        case .rebuilt(let customer, let attempt): finishItem(customer, attempt)
        case .shock:
            for supplier in living where clock.fraction() < scenario.shockShare { die(supplier) }
        }
    }

    // MARK: Suppliers

    /// A new one, with room for three times what falls on each.
    private mutating func addSupplier() {
        let number = UInt64(suppliers.count)
        let load =
            Double(scenario.customerCount) / Double(scenario.supplierCount)
            * Double(scenario.scheme.fragmentCount * scenario.blockGroupCount)
        let room = Int(3 * load + 20) * scenario.fragmentLength
        // Words that are mixed, since the planner ranks by them.
        let word = (number &+ 1) &* 0x9E37_79B9_7F4A_7C15
        suppliers.append(
            SimulatedSupplier(
                id: SupplierID(Bytes32(words: (number + 1, word, 0, 0))), freeByteCount: room))
        let index = suppliers.count - 1
        living.append(index)
        let life = clock.exponential(mean: scenario.lifetimeDays * RepairClock.day)
        events.add(.death(supplier: index), at: now + life)
        let uptime = clock.exponential(mean: scenario.uptimeDays * RepairClock.day)
        events.add(.down(supplier: index), at: now + uptime)
    }

    private mutating func die(_ index: Int) {
        guard !suppliers[index].isDead, !suppliers[index].isEmpty else { return }
        report.deathCount += 1
        living.removeAll { $0 == index }
        let isSilent = !suppliers[index].isOnline || clock.fraction() >= scenario.emptyShare
        if isSilent {
            suppliers[index].isDead = true
            if suppliers[index].isOnline { fallSilent(index) }
        } else {
            suppliers[index].isEmpty = true
        }
        for customer in suppliers[index].customers {
            noteLoss(of: index, customer)
            guard !isSilent else { continue }
            // A new challenge meets a lost range at once; so often one is put.
            let perDay = AuditSchedule.count(
                bytesPerDay: Limits.auditBytesPerDay, nanoseconds: UInt64(RepairClock.day))
            let wait = clock.exponential(mean: RepairClock.day / Double(max(1, perDay)))
            events.add(.audit(customer: customer, supplier: index), at: now + wait)
        }
        addSupplier()
    }

    private mutating func goDown(_ index: Int) {
        guard !suppliers[index].isDead, suppliers[index].isOnline else { return }
        // Found out by everybody: it plays no part any more.
        if suppliers[index].isEmpty, suppliers[index].customers.isEmpty {
            suppliers[index].isDead = true
            return
        }
        let isLong = clock.fraction() < scenario.longDowntimeShare
        let hours = isLong ? scenario.longDowntimeHours : scenario.shortDowntimeHours
        let downtime = clock.exponential(mean: hours * RepairClock.hour)
        fallSilent(index)
        events.add(.up(supplier: index), at: now + downtime)
    }

    private mutating func fallSilent(_ index: Int) {
        suppliers[index].isOnline = false
        suppliers[index].silentSince = now
        events.add(.graceOver(supplier: index), at: now + scenario.grace + 1)
    }

    private mutating func comeUp(_ index: Int) {
        guard !suppliers[index].isDead else { return }
        let silence = now - suppliers[index].silentSince
        suppliers[index].isOnline = true
        let uptime = clock.exponential(mean: scenario.uptimeDays * RepairClock.day)
        events.add(.down(supplier: index), at: now + uptime)
        // Who waits for fragments may have waited for this one's spares.
        for customer in suppliers[index].customers
        where silence > scenario.grace || !customers[customer].losses.isEmpty {
            lookAgain(customer)
        }
    }

    private mutating func graceIsOver(_ index: Int) {
        let state = suppliers[index]
        guard !state.isOnline, now - state.silentSince > scenario.grace else { return }
        if !state.isDead { report.longSilenceCount += 1 }
        let dismissal = state.silentSince + UInt64(scenario.dismissalDays * RepairClock.day)
        events.add(
            .dismissal(supplier: index, silentSince: state.silentSince), at: max(now, dismissal))
        for customer in state.customers {
            report.fragmentsGivenUp += customers[customer].blocks.reduce(0) { sum, block in
                sum
                    + block.places.indices.count {
                        block.places[$0] == state.id && block.isHeld[$0]
                    }
            }
            lookAgain(customer)
        }
    }
}
