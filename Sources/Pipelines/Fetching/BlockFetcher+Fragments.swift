internal import Model
internal import Suppliers

/// Single fragments, for those who want to know of each how it is.
extension BlockFetcher {
    /// Whether the suppliers of a block say that they have its fragments; `nil` for one that gave
    /// no answer. Those that stop answering are waited for.
    func presence(of descriptor: BlockDescriptor) throws -> [Bool?] {
        var answers: [Bool?] = descriptor.places.map { _ in nil }
        try persist(Array(descriptor.places.indices), of: descriptor) { position in
            let place = descriptor.places[position]
            return ask(place, RequestCancellation()) { (store) throws(StoreError) in
                answers[position] = try store.has([place.fragment], of: user).first
                // A supplier that says no has answered too.
                return true
            }
        }
        return answers
    }

    /// Reads fragments, each to its place; suppliers that stop answering are waited for.
    func read(
        _ positions: [Int], of descriptor: BlockDescriptor, into stripe: PageBuffer
    ) throws -> [(position: Int, outcome: Outcome)] {
        var outcomes: [Int: Outcome] = [:]
        try persist(positions, of: descriptor) { position in
            let outcome = read(position, of: descriptor, into: stripe)
            outcomes[position] = outcome
            return outcome
        }
        return positions.map { ($0, outcomes[$0] ?? .unknown) }
    }

    /// Asks for fragments, and again for those whose suppliers have just stopped answering: what
    /// came of the last time counts.
    private func persist(
        _ positions: [Int], of descriptor: BlockDescriptor, _ ask: (Int) -> Outcome
    ) throws {
        var left = positions
        try patience.persist {
            let unknown = patience.settled {
                left.filter { ask($0) == .unknown }
            } isEnough: {
                $0.isEmpty
            }
            left = unknown.value.filter { unknown.hoped.contains(descriptor.places[$0].supplier) }
            return Set(left.map { descriptor.places[$0].supplier })
        }
    }
}
