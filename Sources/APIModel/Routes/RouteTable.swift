internal import Model

/// All routes. The router, the OpenAPI document, the page and the tests come from it.
package enum RouteTable {
    package static let all: [Route] =
        processRoutes + networkRoutes + configRoutes + identityRoutes + keyRoutes + fileRoutes
        + shareRoutes + groupRoutes + friendRoutes + userRoutes + messageRoutes + supplierRoutes
        + customerRoutes + spaceRoutes + serviceRoutes + trafficRoutes + queueRoutes + eventRoutes
        + dhtRoutes + deviceRoutes + blockchainRoutes + automatRoutes

    /// What a verb and a path lead to.
    package enum Match: Hashable, Sendable {
        /// A route and the argument that stood in the path, decoded.
        case route(Route, argument: String?)
        /// There is such a path, but not for this verb.
        case otherVerb
        case unknown
    }

    /// The route with an id such as `network/status`; `nil` when there is none.
    package static func route(_ id: String) -> Route? {
        index.long[id]?.first
    }

    /// The route of a method such as `network_status`; `nil` when there is none.
    package static func route(method: String) -> Route? {
        index.methods[method]
    }

    /// Finds the route of a path in any of its three forms: `/network/status/v1`,
    /// `/v1/network/status`, `/nw/st`. One slash at the end is allowed.
    ///
    /// - Parameters:
    ///   - verb: as in the request line, in capitals.
    ///   - path: percent-encoded, without the query.
    package static func match(verb: String, path: String) -> Match {
        guard let segments = segments(of: path) else { return .unknown }
        let candidates: ([Route], ArraySlice<String>)?
        if segments.last == "v1", segments.count > 1 {
            candidates = longest(segments.dropLast(), in: index.long)
        } else if segments.first == "v1" {
            candidates = longest(segments.dropFirst(), in: index.long)
        } else {
            candidates = longest(segments[...], in: index.short)
        }
        guard let (routes, rest) = candidates else { return .unknown }
        guard let route = routes.first(where: { $0.verbs.contains { $0.rawValue == verb } }) else {
            return .otherVerb
        }
        return .route(route, argument: rest.isEmpty ? nil : rest.joined(separator: "/"))
    }

    private static func segments(of path: String) -> [String]? {
        guard path.hasPrefix("/"), path.utf8.count <= Limits.requestTargetLengthMax else {
            return nil
        }
        var parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > 1, parts.last?.isEmpty == true { parts.removeLast() }
        var segments: [String] = []
        for part in parts {
            guard let segment = QueryString.decode(part, plusIsSpace: false), !segment.isEmpty
            else { return nil }
            segments.append(segment)
        }
        return segments
    }

    /// The routes with the longest id that the segments begin with and that take what is left.
    private static func longest(
        _ segments: ArraySlice<String>, in table: [String: [Route]]
    ) -> ([Route], ArraySlice<String>)? {
        for count in stride(from: min(segments.count, 4), to: 0, by: -1) {
            let words = segments.prefix(count)
            // A slash that was percent-encoded belongs to an argument, never to an id.
            guard !words.contains(where: { $0.contains("/") }) else { continue }
            let rest = segments.dropFirst(count)
            let routes = (table[words.joined(separator: "/")] ?? []).filter { takes($0, rest) }
            if !routes.isEmpty { return (routes, rest) }
        }
        return nil
    }

    private static func takes(_ route: Route, _ rest: ArraySlice<String>) -> Bool {
        switch route.pathParameter?.place {
        case .path: rest.count <= 1 && !(rest.first ?? "").contains("/")
        case .pathRest: true
        default: rest.isEmpty
        }
    }

    private struct Index {
        var long: [String: [Route]] = [:]
        var short: [String: [Route]] = [:]
        var methods: [String: Route] = [:]
    }

    private static let index = {
        var index = Index()
        for route in all {
            for id in [route.id] + route.otherIDs { index.long[id, default: []].append(route) }
            index.short[route.short, default: []].append(route)
            index.methods[route.method] = route
        }
        return index
    }()
}
