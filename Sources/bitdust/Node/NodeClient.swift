internal import APIModel
internal import Daemon
internal import Glibc
internal import Model
internal import Pipelines

/// How a command reaches the node: over its interface while one runs, else in this process, for
/// what needs files only.
struct NodeClient {
    let home: NodeHome
    let environment: ProcessEnvironment

    static let offText = "BitDust is not running at the moment"

    init(_ context: CommandContext) throws {
        home = try NodeHome(path: context.home.path)
        environment = context.environment
    }

    /// The process of the node that runs; `nil` when there is none.
    var processID: Int32? { NodeLock.holder(home) }
    var isRunning: Bool { NodeLock.isHeld(home) }

    /// Calls a method of the interface, named as in `network_status`.
    ///
    /// - Throws: `BD-NODE-OFF` when it needs a node that runs, `BD-NODE-SILENT` when that does not
    ///   answer, `BD-API` when the method does not exist or the parameters are wrong.
    func call(
        _ method: String, _ parameters: [String: APIValue] = [:]
    ) throws -> APIEnvelope {
        guard let route = RouteTable.route(method: method) else {
            throw Failure(
                "BD-API", .usage, "there is no method \(method)",
                remedy: "`curl localhost:8180/api/openapi/v1` lists them")
        }
        let (home, environment) = (home, environment)
        guard isRunning else {
            let request = try read(route, parameters)
            return try waiting {
                let node = try OfflineNode(home: home, setting: .ofCommands(environment))
                guard node.answers(route) else { throw NodeClient.isOff }
                return await node.answer(request)
            }
        }
        return try waiting {
            try await NodeConnection(home: home).call(route, parameters)
        }
    }

    /// Calls a method that has to go well.
    ///
    /// - Throws: `BD-API` with the errors of the answer, or what ``call(_:_:)`` throws.
    func result(_ method: String, _ parameters: [String: APIValue] = [:]) throws -> APIEnvelope {
        let answer = try call(method, parameters)
        guard answer.isOK else {
            throw Failure(
                "BD-API", .failed, answer.errors.joined(separator: "; "), cause: answer.message)
        }
        return answer
    }

    /// Whether a network was joined.
    func hasNetwork(_ context: CommandContext) throws -> Bool {
        try Membership(home: home, setting: .ofCommands(context.environment)).current != nil
    }

    private func read(_ route: Route, _ parameters: [String: APIValue]) throws -> APIRequest {
        do {
            return try APIRequest(route, object: parameters)
        } catch {
            throw Failure("BD-API", .usage, error.envelope.errors.joined(separator: "; "))
        }
    }

    static var isOff: Failure {
        Failure("BD-NODE-OFF", .nodeOff, offText, remedy: "start it with `bitdust daemon`")
    }
}
