import Identities
import Model
import Synchronization

@testable import IdentityServers

/// Identity servers by host and port, in one process, each of which can be made to fail.
final class ServerNetwork: HTTPExchange {
    enum Behaviour: Sendable {
        case works
        case refuses
        case hangs
        /// Takes uploads and forgets them.
        case forgets
        /// Gives `bytes` for every document.
        case lies([UInt8])
        case fails(Int)
        /// Works for reading only.
        case readOnly
    }

    private struct State {
        var servers: [String: IdentityServer] = [:]
        var behaviours: [String: Behaviour] = [:]
        var calls: [String] = []
    }

    let clock = HandClock()
    private let state = Mutex(State())
    private let client: Endpoint

    init(_ places: [String], client: String = "203.0.113.5:40000") throws {
        self.client = endpoint(client)
        let known = try KnownServer.list(places.joined(separator: ","))
        for (place, server) in zip(places, known) {
            let made = try IdentityServer(
                settings: IdentityServerSettings(host: server.host, knownServers: known),
                store: MemoryDocuments(), time: clock)
            state.withLock { $0.servers[place] = made }
        }
    }

    subscript(_ place: String) -> IdentityServer { state.withLock { $0.servers[place]! } }

    func set(_ place: String, _ behaviour: Behaviour) {
        state.withLock { $0.behaviours[place] = behaviour }
    }

    /// `METHOD url`, of all calls so far, sorted by nothing.
    var calls: [String] { state.withLock { $0.calls } }

    func send(
        method: String, url: String, body: [UInt8], deadline: Duration
    ) async throws -> HTTPAnswer {
        let parts = url.dropFirst("http://".count).split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let place = String(parts[0])
        let target = "/" + parts[1]
        let (server, behaviour) = state.withLock { state in
            state.calls.append("\(method) \(url)")
            return (state.servers[place], state.behaviours[place] ?? .works)
        }
        guard let server else { throw ExchangeFailure.unreachable }
        switch behaviour {
        case .works: break
        case .refuses: throw ExchangeFailure.unreachable
        case .hangs: throw ExchangeFailure.timedOut
        case .forgets where method == "POST": return HTTPAnswer(status: 200)
        case .lies(let bytes) where target.hasSuffix(".xml"):
            return HTTPAnswer(status: 200, body: bytes)
        case .fails(let status): return HTTPAnswer(status: status)
        case .readOnly where method == "POST": throw ExchangeFailure.timedOut
        default: break
        }
        let answer = server.answer(
            IdentityServerRequest(method: method, target: target, client: client, body: body))
        return HTTPAnswer(status: answer.status, headers: answer.headers, body: answer.body)
    }
}
