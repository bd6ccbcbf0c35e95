import APIModel
import Daemon
import Foundation
import Model
import Synchronization

/// A REST server and a WebSocket server with handlers of the test, on ports the system chose.
final class RESTStation: Sendable {
    let rest: RESTServer
    let sockets: WebSocketServer
    let events: EventBus
    /// Ids of the requests that reached a handler.
    let reached: Reached
    static let secret = APISecret("correct-horse-battery")

    /// - Parameters:
    ///   - callerUID: what the kernel is taken to say about callers.
    ///   - prepare: more handlers.
    init(
        callerUID: UInt32? = 1000, secret: APISecret? = RESTStation.secret,
        time: any TimeSource = SystemTime(), sleeper: any Sleeper = SystemSleeper(),
        prepare: (inout APIHandlerTable) -> Void = { _ in }
    ) async throws {
        let events = EventBus(time: time, sleeper: sleeper)
        self.events = events
        var table = interfaceHandlers(events: events)
        prepare(&table)
        let counting = CountingHandler(table: table)
        let parts = InterfaceParts(
            handler: counting, events: events, ownUID: 1000, secret: secret,
            secretPath: "/home/alice/.bitdust/apisecret", peerOwner: { _, _ in callerUID },
            portHolder: { port in "apache2 (pid \(port))" }, time: time, sleeper: sleeper)
        rest = try await RESTServer(port: 0, parts: parts)
        sockets = try await WebSocketServer(port: 0, pagePort: rest.port, parts: parts)
        self.parts = parts
        reached = counting.reached
    }

    let parts: InterfaceParts

    /// Runs `body` with a station and stops it.
    static func with(
        callerUID: UInt32? = 1000, secret: APISecret? = RESTStation.secret,
        time: any TimeSource = SystemTime(), sleeper: any Sleeper = SystemSleeper(),
        prepare: (inout APIHandlerTable) -> Void = { _ in },
        _ body: (RESTStation) async throws -> Void
    ) async throws {
        let station = try await RESTStation(
            callerUID: callerUID, secret: secret, time: time, sleeper: sleeper, prepare: prepare)
        do {
            try await body(station)
        } catch {
            await station.stop()
            throw error
        }
        await station.stop()
    }

    func stop() async {
        await sockets.stop()
        await rest.stop()
    }

    /// One request on a connection of its own.
    func send(
        _ verb: String, _ target: String, body: String? = nil, headers: [String: String] = [:],
        v6: Bool = false
    ) async throws -> RESTAnswer {
        let line = RESTStation.request(
            verb, target, body: body.map { Array($0.utf8) }, headers: headers, port: rest.port)
        let port = rest.port
        return try await RESTConnection.run {
            let connection = try RESTConnection(port: port, v6: v6)
            try connection.write(line)
            return try connection.answer(hasBody: verb != "HEAD")
        }
    }

    static func request(
        _ verb: String, _ target: String, body: [UInt8]? = nil, headers: [String: String] = [:],
        port: UInt16
    ) -> [UInt8] {
        var fields = ["Host": "localhost:\(port)", "User-Agent": "curl/8.5.0", "Accept": "*/*"]
        if let body { fields["Content-Length"] = String(body.count) }
        fields.merge(headers) { $1 }
        let lines = fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }
        return Array("\(verb) \(target) HTTP/1.1\r\n\(lines.joined())\r\n".utf8) + (body ?? [])
    }
}

final class Reached: Sendable {
    private let ids = Mutex<[String]>([])

    var isEmpty: Bool { ids.withLock { $0.isEmpty } }

    func add(_ id: String) {
        ids.withLock { $0.append(id) }
    }
}

private struct CountingHandler: APIHandler {
    let table: APIHandlerTable
    let reached = Reached()

    init(table: APIHandlerTable) {
        self.table = table
    }

    func answer(_ request: APIRequest) async -> APIEnvelope {
        reached.add(request.route.id)
        return await table.answer(request)
    }
}

/// Sleepers that wake when the test says so.
final class HandSleeper: Sleeper {
    private struct State {
        var next = 0
        var sleeping: [Int: CheckedContinuation<Void, Never>] = [:]
        var arrivals: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func sleep(nanoseconds: UInt64) async throws {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let arrived = state.withLock { state in
                    state.sleeping[number] = continuation
                    defer { state.arrivals = [] }
                    return state.arrivals
                }
                for continuation in arrived { continuation.resume() }
                if Task.isCancelled { wake(number) }
            }
        } onCancel: {
            wake(number)
        }
        try Task.checkCancellation()
    }

    /// Returns when somebody sleeps.
    func somebody() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleeping.isEmpty { state.arrivals.append(continuation) }
                return !state.sleeping.isEmpty
            }
            if isThere { continuation.resume() }
        }
    }

    func wakeAll() {
        let sleeping = state.withLock { state in
            defer { state.sleeping = [:] }
            return state.sleeping.values.map { $0 }
        }
        for continuation in sleeping { continuation.resume() }
    }

    private func wake(_ number: Int) {
        state.withLock { $0.sleeping.removeValue(forKey: number) }?.resume()
    }
}

/// A moment that tasks wait for.
final class Signal: Sendable {
    private let state = Mutex<(isGiven: Bool, waiting: [CheckedContinuation<Void, Never>])>(
        (false, []))

    func give() {
        let waiting = state.withLock { state in
            state.isGiven = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isGiven = state.withLock { state in
                if !state.isGiven { state.waiting.append(continuation) }
                return state.isGiven
            }
            if isGiven { continuation.resume() }
        }
    }
}
