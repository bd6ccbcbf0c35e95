package import APIModel
package import Model

/// Something that happened: for people's programs to react to.
package struct APIEvent: Hashable, Sendable {
    /// Counts from one; the order in which things were published.
    package let number: UInt64
    /// `event`, or what else the WebSocket interface of the older product pushes:
    /// `stream_message`, `online_status`, `model`.
    package let type: String
    package let id: String
    package let data: APIValue
    package let time: Timestamp
}

/// Hands events to whoever listens. Each consumer has a bounded queue; one that leaves too much
/// unread is dropped and learns so when it asks again.
package actor EventBus {
    private enum Key: Hashable {
        case named(String)
        case stream(UInt64)
    }

    /// One stream of events, until it is closed.
    package struct Subscription: Sendable {
        fileprivate let number: UInt64
    }

    private struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<[APIEvent]?, Never>
        let alarm: Task<Void, Never>?
    }

    private struct Consumer {
        var unread: [APIEvent] = []
        var waiter: Waiter?
        /// When it last asked.
        var turn: UInt64
    }

    private let time: any TimeSource
    private let sleeper: any Sleeper
    private var consumers: [Key: Consumer] = [:]
    private var history: [APIEvent] = []
    private var counts: [String: UInt64] = [:]
    private var published: UInt64 = 0
    private var turns: UInt64 = 0

    package init(time: any TimeSource, sleeper: any Sleeper) {
        self.time = time
        self.sleeper = sleeper
    }

    /// How often each kind of event was published.
    package var counters: [String: UInt64] { counts }

    /// How many consumers there are.
    package var consumerCount: Int { consumers.count }

    @discardableResult
    package func publish(_ id: String, _ data: APIValue, type: String = "event") -> APIEvent {
        published += 1
        if counts[id] != nil || counts.count < Limits.eventKindCountMax {
            counts[id, default: 0] += 1
        }
        let event = APIEvent(number: published, type: type, id: id, data: data, time: time.now)
        history.append(event)
        if history.count > Limits.eventsKept { history.removeFirst() }
        for key in consumers.keys { deliver(event, to: key) }
        return event
    }

    /// Events of a named consumer since it asked last; waits for one when there is none.
    ///
    /// - Returns: none when the time is over, when the task is cancelled, or when the same consumer
    ///   asks again meanwhile.
    package func listen(_ name: String, timeoutSeconds: UInt64) async -> [APIEvent] {
        let key = Key.named(name)
        if consumers[key] == nil { enter(key, unread: []) }
        return await next(key, timeoutSeconds: timeoutSeconds) ?? []
    }

    /// - Parameter number: events after this one come first, as far as they are kept; `nil` for
    ///   none but new ones.
    package func subscribe(since number: UInt64? = nil) -> Subscription {
        turns += 1
        let subscription = Subscription(number: turns)
        let missed = number.map { number in history.filter { $0.number > number } } ?? []
        enter(.stream(subscription.number), unread: missed.suffix(Limits.eventUnreadMax))
        return subscription
    }

    /// The next events, none when the time is over; `nil` when the subscription was dropped.
    package func next(
        _ subscription: Subscription, timeoutSeconds: UInt64
    ) async -> [APIEvent]? {
        await next(.stream(subscription.number), timeoutSeconds: timeoutSeconds)
    }

    package func close(_ subscription: Subscription) {
        drop(.stream(subscription.number))
    }

    // MARK: Queues

    private func enter(_ key: Key, unread: [APIEvent]) {
        if consumers.count >= Limits.eventConsumerCountMax,
            let oldest = consumers.filter({ $0.value.waiter == nil })
                .min(by: { $0.value.turn < $1.value.turn })
        {
            drop(oldest.key)
        }
        turns += 1
        consumers[key] = Consumer(unread: unread, turn: turns)
    }

    private func drop(_ key: Key) {
        let waiter = consumers.removeValue(forKey: key)?.waiter
        waiter?.alarm?.cancel()
        waiter?.continuation.resume(returning: nil)
    }

    private func deliver(_ event: APIEvent, to key: Key) {
        // Clients of the long poll know events and nothing else.
        if case .named = key, event.type != "event" { return }
        if consumers[key]?.waiter != nil { return wake(key, with: [event]) }
        consumers[key]?.unread.append(event)
        if consumers[key]?.unread.count ?? 0 > Limits.eventUnreadMax { drop(key) }
    }

    private func wake(_ key: Key, with events: [APIEvent]) {
        let waiter = consumers[key]?.waiter
        consumers[key]?.waiter = nil
        waiter?.alarm?.cancel()
        waiter?.continuation.resume(returning: events)
    }

    // MARK: Waiting

    private func next(_ key: Key, timeoutSeconds: UInt64) async -> [APIEvent]? {
        wake(key, with: [])
        turns += 1
        let number = turns
        consumers[key]?.turn = number
        guard let consumer = consumers[key] else { return nil }
        guard consumer.unread.isEmpty, timeoutSeconds > 0, !Task.isCancelled else {
            consumers[key]?.unread = []
            return consumer.unread
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let alarm = Task {
                    try? await sleeper.sleep(nanoseconds: timeoutSeconds * 1_000_000_000)
                    end(key, number)
                }
                consumers[key]?.waiter = Waiter(
                    number: number, continuation: continuation, alarm: alarm)
            }
        } onCancel: {
            Task { await end(key, number) }
        }
    }

    /// Ends one waiting without events, if it still waits.
    private func end(_ key: Key, _ number: UInt64) {
        guard consumers[key]?.waiter?.number == number else { return }
        wake(key, with: [])
    }
}

extension APIEvent {
    /// As the long poll answers it; the time in seconds since 1970.
    package var answer: APIValue {
        ["id": .text(id), "data": data, "time": .integer(time.nanoseconds / 1_000_000_000)]
    }

    /// As the WebSocket interface pushes it.
    package var push: APIValue {
        let payload: APIValue =
            type == "event" ? ["event_id": .text(id), "data": data] : data
        return ["type": .text(type), "payload": payload]
    }

    /// As a server-sent event (WHATWG HTML, 9.2.6): printed JSON has no line feeds, and names of
    /// events have none either.
    package var serverSent: [UInt8] {
        let head = "id: \(number)\nevent: \(id)\ndata: "
        return Array(head.utf8) + answer.line + Array("\n\n".utf8)
    }
}
