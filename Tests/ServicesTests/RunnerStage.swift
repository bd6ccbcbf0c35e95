import Model
import Services
import Synchronization

/// Time that passes when the test says so.
final class HandTime: TimeSource, Sleeper {
    fileprivate struct Contents {
        var uptime: UInt64 = 0
        var asked: [UInt64] = []
        var sleepers: [Int: (until: UInt64, continuation: CheckedContinuation<Void, any Error>)] =
            [:]
        var lastSleeper = 0
        /// Cancelled before they slept.
        var cancelled: Set<Int> = []
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let contents = Mutex(Contents())

    var now: Timestamp { Timestamp(nanoseconds: 0) }
    var uptime: UInt64 { contents.withLock { $0.uptime } }
    /// The lengths of all sleeps so far.
    var asked: [UInt64] { contents.withLock { $0.asked } }

    func sleep(nanoseconds: UInt64) async throws {
        let number = contents.withLock { contents in
            contents.lastSleeper += 1
            return contents.lastSleeper
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (isCancelled, woken) = contents.withLock { contents in
                    contents.asked.append(nanoseconds)
                    let isCancelled = contents.cancelled.remove(number) != nil
                    if !isCancelled {
                        contents.sleepers[number] = (contents.uptime + nanoseconds, continuation)
                    }
                    return (isCancelled, contents.takeWatchers())
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
                for watcher in woken { watcher.resume() }
            }
        } onCancel: {
            let sleeper = contents.withLock { contents in
                let sleeper = contents.sleepers.removeValue(forKey: number)
                if sleeper == nil { contents.cancelled.insert(number) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    func advance(_ nanoseconds: UInt64) {
        let due = contents.withLock { contents in
            contents.uptime += nanoseconds
            let due = contents.sleepers.filter { $0.value.until <= contents.uptime }
            for number in due.keys { contents.sleepers[number] = nil }
            return due.values
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Returns when `count` sleeps have begun since the start.
    func hasBeenAsked(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isDone = contents.withLock { contents in
                guard contents.asked.count < count else { return true }
                contents.watchers.append((count, continuation))
                return false
            }
            if isDone { continuation.resume() }
        }
    }
}

extension HandTime.Contents {
    fileprivate mutating func takeWatchers() -> [CheckedContinuation<Void, Never>] {
        let ready = watchers.filter { $0.count <= asked.count }.map(\.continuation)
        watchers.removeAll { $0.count <= asked.count }
        return ready
    }
}

/// What bodies did, in order, and how they are to behave.
final class Stage: Sendable {
    struct Refusal: Error, CustomStringConvertible {
        let description = "port 7771 is in use"
    }

    enum Behaviour: Sendable {
        case works
        /// The next starts fail, so many times.
        case fails(Int)
        /// Starts until it is cancelled.
        case startsForEver
        /// Stops when the gate is opened.
        case stopsLate(Gate)
        /// Starts when so many have come to the gate.
        case startsWith(Gate)
    }

    private let contents = Mutex((log: [String](), failures: [ServiceName: Int]()))

    var log: [String] { contents.withLock { $0.log } }

    func note(_ text: String) { contents.withLock { $0.log.append(text) } }

    func body(_ name: ServiceName, _ behaviour: Behaviour = .works) -> any ServiceBody {
        if case .fails(let count) = behaviour {
            contents.withLock { $0.failures[name] = count }
        }
        return Body(stage: self, name: name, behaviour: behaviour)
    }

    private struct Body: ServiceBody {
        let stage: Stage
        let name: ServiceName
        let behaviour: Behaviour

        func start() async throws {
            stage.note("start \(name.rawValue)")
            switch behaviour {
            case .fails: try stage.failIfAsked(name)
            case .startsForEver:
                let gate = Gate(1)
                try await withTaskCancellationHandler {
                    await gate.wait()
                    throw CancellationError()
                } onCancel: {
                    gate.arrive()
                }
            case .startsWith(let gate):
                gate.arrive()
                await gate.wait()
            default: break
            }
        }

        func stop() async {
            if case .stopsLate(let gate) = behaviour { await gate.wait() }
            stage.note("stop \(name.rawValue)")
        }
    }

    private func failIfAsked(_ name: ServiceName) throws {
        let fails = contents.withLock { contents in
            guard let left = contents.failures[name], left > 0 else { return false }
            contents.failures[name] = left - 1
            return true
        }
        if fails { throw Refusal() }
    }
}

/// Lets all through once so many have arrived.
final class Gate: Sendable {
    private let contents: Mutex<(missing: Int, waiting: [CheckedContinuation<Void, Never>])>

    init(_ count: Int) { contents = Mutex((count, [])) }

    func arrive() {
        let waiting = contents.withLock { contents in
            contents.missing -= 1
            guard contents.missing <= 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { contents.waiting = [] }
            return contents.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = contents.withLock { contents in
                if contents.missing > 0 { contents.waiting.append(continuation) }
                return contents.missing <= 0
            }
            if isOpen { continuation.resume() }
        }
    }
}
