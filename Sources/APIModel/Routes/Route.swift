/// One method of the interface: a row of ``RouteTable``.
package struct Route: Hashable, Sendable {
    package enum Verb: String, Hashable, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    /// Most routes take one; two where the older product takes a query as well as an object.
    package let verbs: [Verb]
    /// `network/status`: the group and the name, as in the documented path.
    package let id: String
    /// `nw/st`: the path of the short form.
    package let short: String
    /// Other ids under which the older product has the same method.
    package let otherIDs: [String]
    /// `network_status`: what the WebSocket interface and `bitdust api` call it.
    package let method: String
    package let parameters: [Parameter]
    /// What the result is, in words.
    package let answer: String
    /// `entangled_dht`: the service without which there is no answer.
    package let service: String
    /// Whether nodes of this version have a handler of it.
    package let isBuilt: Bool
    /// Whether something is different afterwards, in the node or for its callers.
    package let changesState: Bool
    /// Whether the answer may take long and nobody else needs it: who hangs up cancels it.
    package let waits: Bool

    package init(
        _ verbs: Verb..., id: String, short: String, otherIDs: [String] = [], method: String,
        _ parameters: [Parameter] = [], changes: Bool = false, waits: Bool = false,
        service: String, isBuilt: Bool = true, answer: String
    ) {
        self.verbs = verbs
        self.id = id
        self.short = short
        self.otherIDs = otherIDs
        self.method = method
        self.parameters = parameters
        self.answer = answer
        self.service = service
        self.isBuilt = isBuilt
        self.waits = waits
        self.changesState = changes || verbs.contains { $0 != .get }
    }

    package var group: String { String(id.prefix { $0 != "/" }) }

    /// The parameter that the path may carry.
    package var pathParameter: Parameter? { parameters.first { $0.place != .input } }

    /// Every path of the route, the documented one first; arguments in braces.
    package var paths: [String] {
        let argument = pathParameter.map { "/{\($0.name)}" } ?? ""
        return ([id] + otherIDs).flatMap { ["/\($0)\(argument)/v1", "/v1/\($0)\(argument)"] }
            + ["/\(short)\(argument)"]
    }
}
