import Services
import Testing

/// Random events from a seed; a failing seed is in the message.
@Suite struct RandomGraphTests {
    @Test(arguments: 0..<100 as Range<UInt64>)
    func `no order of events breaks an invariant of the product's graph`(seed: UInt64) {
        play(ServiceDefinition.all, seed: seed, eventCount: 150)
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `no order of events breaks an invariant of a random graph`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed ^ 0xabcdef)
        play(RandomGraphTests.definitions(&generator), seed: seed, eventCount: 150)
    }

    private func play(_ definitions: [ServiceDefinition], seed: UInt64, eventCount: Int) {
        var generator = SeededGenerator(seed: seed)
        var play = GraphPlay(definitions)
        play.begin()
        for _ in 0..<eventCount {
            if Bool.random(using: &generator),
                let name = (play.starting + play.stopping).randomElement(using: &generator)
            {
                play.answer(name, failing: Int.random(in: 0..<8, using: &generator) == 0)
            } else {
                play.send(RandomGraphTests.event(play, &generator))
            }
        }
        play.settle()
        // With every failure and suspension undone what runs depends on what is switched on alone.
        play.send(play.names.map { .suspended($0, false) })
        play.send(play.names.map { .retry($0) })
        play.settle()
        #expect(play.complaints == [], "seed \(seed)")
        #expect(play.on == RandomGraphTests.expected(play), "seed \(seed)")
        #expect(play.graph.handle([]) == [], "seed \(seed)")
        play.send(.closing)
        play.settle()
        #expect(play.on.isEmpty && play.graph.isSettled, "seed \(seed)")
    }

    /// What is to run, computed from the definitions in another way than the graph does.
    private static func expected(_ play: GraphPlay) -> Set<ServiceName> {
        var on = Set(
            play.definitions.filter { definition in
                play.graph.isEnabled(definition.name) && play.graph.isInstalled(definition.name)
                    && !definition.yieldsTo.contains { play.graph.isEnabled($0) }
            }.map(\.name))
        while let gone = play.definitions.first(where: {
            on.contains($0.name) && !on.isSuperset(of: $0.dependencies)
        }) {
            on.remove(gone.name)
        }
        return on
    }

    private static func event(
        _ play: GraphPlay, _ generator: inout SeededGenerator
    ) -> ServiceGraph.Event {
        let name = play.names.randomElement(using: &generator)!
        let value = Int.random(in: 0..<3, using: &generator) > 0
        switch Int.random(in: 0..<12, using: &generator) {
        case 0...4: return .enabled(name, value)
        case 5, 6: return .installed(name, value)
        case 7: return .suspended(name, !value)
        case 8: return .restart(name)
        case 9: return .retry(name)
        // An end of what nobody asked for.
        case 10 where !play.stopping.contains(name): return .stopped(name)
        default: return .died(name, reason: "died", uptime: 1)
        }
    }

    /// A graph without circles over some of the names: each needs some of those before it.
    private static func definitions(_ generator: inout SeededGenerator) -> [ServiceDefinition] {
        let names = Array(ServiceName.allCases.shuffled(using: &generator).prefix(12))
        return names.enumerated().map { index, name in
            func some(_ oneOf: Int) -> [ServiceName] {
                names[..<index].filter { _ in Int.random(in: 0..<oneOf, using: &generator) == 0 }
            }
            let needs = some(4)
            let others = names[..<index].filter { !needs.contains($0) }
            let rival = Int.random(in: 0..<6, using: &generator) == 0 ? others.first : nil
            return ServiceDefinition(
                name, needs: needs, follows: some(5).filter { !needs.contains($0) && $0 != rival },
                yieldsTo: rival.map { [$0] } ?? [], "")
        }
    }
}
