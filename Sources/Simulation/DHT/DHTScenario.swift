internal import DHT
internal import Model

/// A network that grows, stores, loses nodes and is searched, measured.
package struct DHTScenario: Sendable {
    package var nodeCount: Int
    package var seed: UInt64 = 1
    /// Of 100 nodes.
    package var hostilePercent = 0
    /// What the hostile nodes do, in turn.
    package var behaviours: [HostileBehaviour] = [.collude]
    /// Of 100 nodes, how many are replaced in an hour.
    package var churnPercentPerHour = 20
    package var joinsPerSecond = 100
    /// Disjoint paths of each lookup.
    package var pathCount = DHTConfiguration().pathCount
    package var itemCount = 100
    package var lookupCount = 1000
    /// How long lookups and churn go on.
    package var minutes = 60

    package init(nodeCount: Int) {
        self.nodeCount = nodeCount
    }

    /// What was measured.
    package struct Report: Sendable {
        package var lookupCount = 0
        package var foundCount = 0
        package var hopCounts: [Int] = []
        package var queryCounts: [Int] = []
        package var copyCounts: [Int] = []
        package var eventCount = 0
        package var deliveredCount = 0
        package var traceHash: UInt64 = 0
        package var contactCountMean = 0.0

        package var successRate: Double { Double(foundCount) / Double(max(1, lookupCount)) }
        package var medianHopCount: Int { Report.middle(hopCounts) }
        package var medianQueryCount: Int { Report.middle(queryCounts) }
        package var medianCopyCount: Int { Report.middle(copyCounts) }

        private static func middle(_ counts: [Int]) -> Int {
            counts.isEmpty ? 0 : counts.sorted()[counts.count / 2]
        }
    }

    package func run() throws -> Report {
        var settings = DHTSimulation.Settings(seed: seed)
        settings.configuration.pathCount = pathCount
        var network = DHTSimulation(settings)
        var report = Report()
        grow(&network)
        let items = try publish(in: &network, &report)
        search(&network, for: items, &report)
        report.eventCount = network.eventCount
        report.deliveredCount = network.deliveredCount
        report.traceHash = network.traceHash
        let contactCount = (0..<network.nodeCount).reduce(0) { $0 + network.core($1).table.count }
        report.contactCountMean = Double(contactCount) / Double(network.nodeCount)
        return report
    }

    /// Owners and readers stay: what is measured is the network, not their own absence.
    private var stableCount: Int { max(1, min(nodeCount / 10, 200)) }

    private func grow(_ network: inout DHTSimulation) {
        var hostileCount = 0
        network.add(knowing: [])
        for node in 1..<nodeCount {
            let known = (0..<3).map { _ in network.draw(below: node) }
            let isHostile =
                node >= stableCount
                && hostileCount * 100 < hostilePercent * node
            let behaviour = isHostile ? behaviours[hostileCount % behaviours.count] : nil
            if isHostile { hostileCount += 1 }
            network.add(knowing: known, behaviour: behaviour)
            if node % max(joinsPerSecond, nodeCount / 100) == 0 { network.run(seconds: 1) }
        }
        network.run(seconds: 300)
    }

    private func publish(
        in network: inout DHTSimulation, _ report: inout Report
    ) throws -> [Item] {
        var items: [Item] = []
        for number in 0..<itemCount {
            let key = Bytes32(words: (UInt64(number), seed, 3, 4))
            let item = try Item(
                value: Array("9:item \(1000 + number)".utf8), salt: Array("simulated".utf8),
                sequence: 1, signedBy: CheapSigner(itemKey: key))
            let ticket = network.request(.publish(item), of: number % stableCount)
            if case .stored(let result) = network.wait(for: ticket) {
                report.copyCounts.append(result.copyCount)
            }
            items.append(item)
        }
        return items
    }

    /// Lookups from nodes that have not read the item, spread over the time, while nodes go.
    private func search(
        _ network: inout DHTSimulation, for items: [Item], _ report: inout Report
    ) {
        let stepCount = minutes * 60
        var tickets: [UInt64] = []
        var (replaced, asked) = (0, 0)
        for step in 1...stepCount {
            while replaced * 360_000 < nodeCount * churnPercentPerHour * step {
                replaceOne(&network)
                replaced += 1
            }
            while asked * stepCount < lookupCount * step {
                let item = items[network.draw(below: items.count)]
                let reader = network.draw(below: stableCount)
                if let address = item.ownership.map({ ItemAddress(key: $0.key, salt: $0.salt) }) {
                    tickets.append(network.request(.get(address, minimum: 0), of: reader))
                }
                asked += 1
            }
            network.run(seconds: 1)
        }
        network.run(seconds: 60)
        for ticket in tickets { DHTScenario.count(network.answer(to: ticket), &report) }
    }

    private func replaceOne(_ network: inout DHTSimulation) {
        guard nodeCount > stableCount else { return }
        for _ in 0..<100 {
            let node = stableCount + network.draw(below: nodeCount - stableCount)
            guard network.isHonest(node) else { continue }
            let known = (0..<3).map { _ in network.draw(below: nodeCount) }
            return network.replace(node, knowing: known.filter { $0 != node })
        }
    }

    private static func count(_ answer: DHTAnswer?, _ report: inout Report) {
        report.lookupCount += 1
        guard case .item(let found) = answer else { return }
        report.queryCounts.append(found.queryCount)
        guard found.item != nil else { return }
        report.foundCount += 1
        report.hopCounts.append(found.hopCount)
    }
}
