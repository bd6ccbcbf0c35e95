extension ServiceGraph {
    /// The definitions' names such that what a service needs or follows stands before it; among
    /// those that could come next the first of the list does.
    static func ordered(_ definitions: [ServiceDefinition]) -> [ServiceName] {
        var order: [ServiceName] = []
        var waiting = definitions
        while !waiting.isEmpty {
            let next = waiting.firstIndex { definition in
                (definition.dependencies + definition.follows).allSatisfy(order.contains)
            }
            guard let next else {
                preconditionFailure("a circle among \(waiting.map(\.name.id))")
            }
            order.append(waiting.remove(at: next).name)
        }
        return order
    }

    /// For each service those that name it in `list`.
    static func reversed(
        _ definitions: [ServiceDefinition], by list: (ServiceDefinition) -> [ServiceName]
    ) -> [ServiceName: [ServiceName]] {
        var reversed = Dictionary(
            uniqueKeysWithValues: definitions.map { ($0.name, [ServiceName]()) })
        for definition in definitions {
            for name in list(definition) { reversed[name]!.append(definition.name) }
        }
        return reversed
    }
}
