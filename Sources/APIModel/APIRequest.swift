/// A request whose parameters were read: what is mandatory is there, and all have their kinds.
package struct APIRequest: Hashable, Sendable {
    package let route: Route
    /// By the first name of each parameter, with defaults; without what was not given.
    package let parameters: [String: APIValue]
    /// The object that was sent, whole, for routes that take anything; empty for queries.
    package let body: [String: APIValue]

    package init(
        route: Route, parameters: [String: APIValue] = [:], body: [String: APIValue] = [:]
    ) {
        self.route = route
        self.parameters = parameters
        self.body = body
    }

    package func text(_ name: String) -> String? { parameters[name]?.asText }
    package func flag(_ name: String) -> Bool { parameters[name]?.asBool ?? false }
    package func value(_ name: String) -> APIValue? { parameters[name] }

    /// An integer; the reader has made sure that it is at least the parameter's minimum.
    package func integer(_ name: String) -> Int? {
        parameters[name]?.asInteger.map { Int($0) }
    }

    /// The texts of a list parameter; none when it was not given.
    package func list(_ name: String) -> [String] {
        (parameters[name]?.asArray ?? []).compactMap(\.asText)
    }
}
