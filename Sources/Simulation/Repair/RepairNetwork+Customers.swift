internal import Model
internal import Placement

extension RepairNetwork {
    // MARK: Families

    mutating func addCustomer() {
        let number = customers.count
        var family: [Int] = []
        while family.count < scenario.familySize, let index = drawSupplier(beside: family) {
            family.append(index)
        }
        let ids = family.map { suppliers[$0].id }
        guard let plan = try? FamilyPlan(suppliers: ids, scheme: scenario.scheme) else {
            preconditionFailure("the network has suppliers for a family")
        }
        let blocks = (0..<scenario.blockGroupCount).map { row in
            BlockHoldings(
                row: Int64(row + 1), kind: row == 0 ? .catalog : .data, scheme: scenario.scheme,
                fragmentLength: scenario.fragmentLength,
                places: plan.assignment(blockNumber: UInt64(row)),
                isHeld: [Bool](repeating: true, count: scenario.scheme.fragmentCount))
        }
        for index in family {
            suppliers[index].customers.append(number)
            suppliers[index].freeByteCount -= blocks.count * scenario.fragmentLength
        }
        customers.append(SimulatedCustomer(family: family, blocks: blocks))
    }

    /// One that answers, has room and is not in `family`; `nil` when chance finds none.
    private func drawSupplier(beside family: [Int]) -> Int? {
        let room = scenario.blockGroupCount * scenario.fragmentLength
        for _ in 0..<(50 * scenario.familySize) {
            let index = living[clock.random.below(0..<living.count)]
            let state = suppliers[index]
            if state.isOnline, state.freeByteCount >= room, !family.contains(index) {
                return index
            }
        }
        return nil
    }

    /// Whether customers count on a supplier: it answers or is within grace.
    private func isCountedOn(_ supplier: Int) -> Bool {
        let state = suppliers[supplier]
        return state.isOnline || now - state.silentSince <= scenario.grace
    }

    private mutating func hire(_ count: Int, for customer: Int) {
        for _ in 0..<max(0, count) {
            guard let index = drawSupplier(beside: customers[customer].family) else { return }
            customers[customer].family.append(index)
            suppliers[index].customers.append(customer)
        }
    }

    mutating func dismiss(_ supplier: Int, _ customer: Int) {
        let id = suppliers[supplier].id
        customers[customer].family.removeAll { $0 == supplier }
        suppliers[supplier].customers.removeAll { $0 == customer }
        customers[customer].blocks = customers[customer].blocks.map { $0.without(id) }
    }

    // MARK: Losses

    mutating func noteLoss(of supplier: Int, _ customer: Int) {
        let id = suppliers[supplier].id
        let holds = customers[customer].blocks.contains { block in
            block.places.indices.contains { block.places[$0] == id && block.isHeld[$0] }
        }
        if holds {
            customers[customer].losses.append((supplier, now))
            customers[customer].deaths.append(now)
        }
        for (number, block) in customers[customer].blocks.enumerated() {
            var kept: Set<Int> = []
            for position in block.places.indices
            where block.isHeld[position] && keepsData(block.places[position]) {
                kept.insert(position)
            }
            for spare in block.spares where keepsData(spare.supplier) {
                kept.insert(spare.position)
            }
            let margin = kept.count - block.scheme.dataCount
            report.marginMin = min(report.marginMin, margin)
            if margin < 0, !customers[customer].lostGroups.contains(number) {
                customers[customer].lostGroups.insert(number)
                report.lostGroupCount += 1
            }
        }
    }

    private func index(_ id: SupplierID) -> Int { Int(id.bytes.words.0) - 1 }
    private func keepsData(_ id: SupplierID) -> Bool { suppliers[index(id)].keepsData }

    /// An audit, or a rebuild that wanted a fragment, has shown that nothing is there: the supplier
    /// leaves the family at once.
    mutating func findEmpty(_ supplier: Int, _ customer: Int) {
        guard customers[customer].family.contains(supplier) else { return }
        let id = suppliers[supplier].id
        for block in customers[customer].blocks {
            report.fragmentsGivenUp += block.places.indices.count {
                block.places[$0] == id && block.isHeld[$0]
            }
        }
        dismiss(supplier, customer)
        lookAgain(customer)
    }

    // MARK: Plans

    /// Something has changed: makes a new plan, after what is under way.
    mutating func lookAgain(_ customer: Int) {
        customers[customer].isStale = true
        if customers[customer].current == nil { startNext(customer) }
    }

    private mutating func startNext(_ customer: Int) {
        if customers[customer].isStale { makePlan(customer) }
        while let item = customers[customer].items.popLast() {
            guard item.storeCount > 0 else {
                apply(item, customer)
                continue
            }
            customers[customer].attemptCount += 1
            let attempt = customers[customer].attemptCount
            customers[customer].current = (item, attempt)
            let wait = UInt64(min(seconds(item), 1e9) * 1e9)
            events.add(.rebuilt(customer: customer, attempt: attempt), at: now + wait)
            return
        }
        settle(customer)
    }

    /// The slowest of rebuilder, sources and targets decides.
    private func seconds(_ item: RebuildPlan.Item) -> Double {
        let length = Double(item.fragmentLength)
        let moved = Double(scenario.scheme.dataCount + item.storeCount) * length
        return max(moved / scenario.rebuildByteRate, length / scenario.supplierByteRate)
    }

    private mutating func makePlan(_ customer: Int) {
        customers[customer].isStale = false
        let counted = customers[customer].family.count { isCountedOn($0) }
        hire(scenario.familySize - counted, for: customer)
        var plan = plan(customer)
        if plan.unplacedCount > 0 {
            hire(plan.unplacedCount, for: customer)
            plan = self.plan(customer)
        }
        customers[customer].items = plan.items.reversed()
    }

    private func plan(_ customer: Int) -> RebuildPlan {
        let state = customers[customer]
        let views = state.family.map { supplier in
            let known = suppliers[supplier]
            return SupplierView(
                id: known.id,
                presence: known.isOnline ? .answers : .silent(now - known.silentSince),
                freeByteCount: known.freeByteCount)
        }
        var planner = RebuildPlanner(suppliers: views, grace: scenario.grace)
        for block in state.blocks { planner.add(block) }
        return planner.plan()
    }

    mutating func finishItem(_ customer: Int, _ attempt: Int) {
        guard let current = customers[customer].current, current.attempt == attempt else { return }
        customers[customer].current = nil
        let bytes = Double(scenario.scheme.dataCount) * Double(current.item.fragmentLength)
        report.byteCountFetched += bytes
        if canFinish(current.item, customer) {
            apply(current.item, customer)
        } else {
            report.byteCountWasted += bytes
            customers[customer].isStale = true
        }
        startNext(customer)
    }

    /// Whether targets are in the family and answer, and `dataCount` sources answer and have what
    /// they should have. A source that has not is found out.
    private mutating func canFinish(_ item: RebuildPlan.Item, _ customer: Int) -> Bool {
        guard let block = customers[customer].blocks.first(where: { $0.row == item.row }) else {
            return false
        }
        var held: Set<Int> = []
        let copies =
            block.places.indices.filter { block.isHeld[$0] }.map { ($0, block.places[$0]) }
            + block.spares.map { ($0.position, $0.supplier) }
        for (position, id) in copies {
            let source = suppliers[index(id)]
            guard source.isOnline else { continue }
            if source.isEmpty { findEmptyLater(index(id), customer) }
            if source.keepsData { held.insert(position) }
        }
        let family = customers[customer].family
        let areThere = item.steps.allSatisfy { step in
            let target = index(step.supplier)
            return suppliers[target].isOnline && family.contains(target)
        }
        return held.count >= block.scheme.dataCount && areThere
    }

    private mutating func findEmptyLater(_ supplier: Int, _ customer: Int) {
        events.add(.audit(customer: customer, supplier: supplier), at: now)
    }

    private mutating func apply(_ item: RebuildPlan.Item, _ customer: Int) {
        guard let number = customers[customer].blocks.firstIndex(where: { $0.row == item.row })
        else { return }
        var block = customers[customer].blocks[number]
        for step in item.steps {
            let old = index(block.places[step.position])
            switch step {
            case .adopt: report.fragmentsAdopted += 1
            case .store(_, _, let releases):
                report.fragmentsStored += 1
                report.byteCountStored += Double(item.fragmentLength)
                let target = index(step.supplier)
                if releases == nil { suppliers[target].freeByteCount -= item.fragmentLength }
                // It lost its data while this was on its way: the next audit shows it.
                if suppliers[target].isEmpty { findEmptyLater(target, customer) }
            }
            let keepsSpare = customers[customer].family.contains(old)
            block = block.applying(step, keepsSpare: keepsSpare)
        }
        if Set(block.places).count < block.places.count { report.doubledCount += 1 }
        customers[customer].blocks[number] = block
        settle(customer)
    }

    /// Notes which losses are made good by now.
    private mutating func settle(_ customer: Int) {
        let state = customers[customer]
        guard !state.losses.isEmpty || !state.deaths.isEmpty else { return }
        var places: Set<SupplierID> = []
        for block in state.blocks {
            for position in block.places.indices where block.isHeld[position] {
                places.insert(block.places[position])
            }
        }
        let isWhole = state.blocks.allSatisfy { block in
            block.isHeld.allSatisfy(\.self) && block.places.allSatisfy(keepsData)
        }
        func hours(since time: UInt64) -> Double { Double(now - time) / RepairClock.hour }
        for loss in state.losses where isMadeGood(loss.supplier, customer, places) {
            report.repairHours.append(hours(since: loss.time))
        }
        customers[customer].losses = state.losses.filter {
            !isMadeGood($0.supplier, customer, places)
        }
        if isWhole {
            report.healthHours += state.deaths.map(hours)
            customers[customer].deaths = []
        }
    }

    private func isMadeGood(_ supplier: Int, _ customer: Int, _ places: Set<SupplierID>) -> Bool {
        let state = suppliers[supplier]
        guard !places.contains(state.id) else { return false }
        // An empty one is out of the places when it is found; then its fragments must be elsewhere.
        return customers[customer].blocks.allSatisfy { block in
            block.places.indices.allSatisfy {
                block.places[$0] != state.id || block.isHeld[$0]
            }
        }
    }
}
