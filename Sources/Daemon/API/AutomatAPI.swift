internal import APIModel
internal import Services
internal import Synchronization

/// The groups `automat` and `state`: the state machines of this node.
final class AutomatAPI: Sendable {
    private let registry: StateRegistry
    /// Machines whose changes are published as events.
    private let watched = Mutex<Set<Int>>([])

    init(registry: StateRegistry) {
        self.registry = registry
    }

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("automat/list") { _ in
            .result(.array(self.registry.entries.map(AutomatAPI.item)))
        }
        table.on("automat/info") { self.answer($0) { _ in } }
        table.on("automat/events/start") { request in
            self.answer(request) { index in self.watched.withLock { _ = $0.insert(index) } }
        }
        table.on("automat/events/stop") { request in
            self.answer(request) { index in self.watched.withLock { _ = $0.remove(index) } }
        }
        return table
    }

    func isWatched(_ index: Int) -> Bool { watched.withLock { $0.contains(index) } }

    private func answer(_ request: APIRequest, _ act: (Int) -> Void) -> APIEnvelope {
        let entry =
            request.integer("index").flatMap(registry.entry(index:))
            ?? request.text("automat_id").flatMap(registry.entry(id:))
        guard let entry else { return .error("state machine was not found") }
        act(entry.index)
        return .ok(AutomatAPI.item(entry))
    }

    static func item(_ entry: StateRegistry.Entry) -> APIValue {
        [
            "index": APIValue(entry.index), "id": .text(entry.id), "name": .text(entry.name),
            "state": .text(entry.state), "repr": .text(entry.repr), "timers": [], "events": [],
            "past": APIValue(entry.past),
        ]
    }
}

extension AutomatAPI {
    static func event(_ change: StateRegistry.Change) -> APIValue {
        [
            "index": APIValue(change.index), "id": .text(change.id), "old": APIValue(change.old),
            "new": APIValue(change.new),
        ]
    }
}
