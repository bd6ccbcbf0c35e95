/// What answers requests: the node, or a part of it.
package protocol APIHandler: Sendable {
    /// Answers when it is done, however long that takes; is cancelled when nobody waits any more.
    func answer(_ request: APIRequest) async -> APIEnvelope
}

/// Answers by route: each part of the node brings the routes that it knows.
package struct APIHandlerTable: APIHandler {
    package typealias Handler = @Sendable (APIRequest) async -> APIEnvelope

    private var handlers: [String: Handler] = [:]

    package init() {}

    /// Routes that have a handler, by id.
    package var routeIDs: Set<String> { Set(handlers.keys) }

    /// Adds a handler for a route, named as in `network/status`.
    ///
    /// - Precondition: the route is in ``RouteTable``, and has no handler yet.
    package mutating func on(_ id: String, _ handler: @escaping Handler) {
        precondition(RouteTable.route(id) != nil, "no route \(id)")
        precondition(handlers.updateValue(handler, forKey: id) == nil, "two handlers of \(id)")
    }

    /// Adds the handlers of another table.
    package mutating func add(_ table: APIHandlerTable) {
        for (id, handler) in table.handlers.sorted(by: { $0.key < $1.key }) { on(id, handler) }
    }

    package func answer(_ request: APIRequest) async -> APIEnvelope {
        guard let handler = handlers[request.route.id] else {
            return .notStarted(request.route.service)
        }
        return await handler(request)
    }
}
