internal import Model
internal import Synchronization

/// The state machines of this node: what `bitdust states` and `GET /automat/list/v1` print.
///
/// Thread rules: everything may be called from any thread at any time.
package final class StateRegistry: Sendable {
    /// What is known of one state machine.
    package struct Entry: Equatable, Sendable {
        /// From 1, in the order of creation; never given twice by one registry.
        package let index: Int
        /// `service_proxy_server`; a second machine of this id is `service_proxy_server(1)`.
        package let id: String
        package let name: String
        package fileprivate(set) var state: String
        /// The states before this one, the oldest first, at most `Limits.statePastCountMax`.
        package fileprivate(set) var past: [String]

        /// `service_proxy_server(ON)`.
        package var repr: String { "\(id)(\(state))" }

        /// `6: service_proxy_server(ON) OFF->STARTING`.
        package var line: String { "\(index): \(repr) \(past.joined(separator: "->"))" }
    }

    /// One machine went from one state to another; `old` is `nil` for a new one.
    package struct Change: Equatable, Sendable {
        package let index: Int
        package let id: String
        package let old: String?
        /// `nil` when the machine is gone.
        package let new: String?
    }

    fileprivate struct Contents {
        var entries: [Int: Entry] = [:]
        var ids: Set<String> = []
        var lastIndex = 0
        var listeners = Listeners<Change>()
    }

    private let contents = Mutex(Contents())

    package init() {}

    /// Takes a new machine in; it is listed for as long as the result is kept.
    package func register(_ id: String, name: String? = nil, state: String) -> StateMachine {
        let index = contents.withLock { contents in
            contents.lastIndex += 1
            let unique = StateRegistry.unique(id, among: contents.ids)
            contents.ids.insert(unique)
            contents.entries[contents.lastIndex] = Entry(
                index: contents.lastIndex, id: unique, name: name ?? id, state: state, past: [])
            contents.listeners.tell(
                Change(index: contents.lastIndex, id: unique, old: nil, new: state))
            return contents.lastIndex
        }
        return StateMachine(registry: self, index: index)
    }

    /// All machines, by index.
    package var entries: [Entry] {
        contents.withLock { $0.entries.values.sorted { $0.index < $1.index } }
    }

    package func entry(index: Int) -> Entry? { contents.withLock { $0.entries[index] } }

    package func entry(id: String) -> Entry? { entries.first { $0.id == id } }

    /// What changes from now on. A listener that is slow misses the oldest changes when there are
    /// more than `Limits.stateChangeCountMax`.
    package func changes() -> AsyncStream<Change> {
        contents.withLock { $0.listeners.listen(keeping: Limits.stateChangeCountMax) }
    }

    fileprivate func enter(_ state: String, index: Int) {
        contents.withLock { contents in
            guard var entry = contents.entries[index], entry.state != state else { return }
            let old = entry.state
            entry.past = (entry.past + [old]).suffix(Limits.statePastCountMax)
            entry.state = state
            contents.entries[index] = entry
            contents.listeners.tell(Change(index: index, id: entry.id, old: old, new: state))
        }
    }

    fileprivate func remove(index: Int) {
        contents.withLock { contents in
            guard let entry = contents.entries.removeValue(forKey: index) else { return }
            contents.ids.remove(entry.id)
            contents.listeners.tell(Change(index: index, id: entry.id, old: entry.state, new: nil))
        }
    }

    private static func unique(_ id: String, among ids: Set<String>) -> String {
        guard ids.contains(id) else { return id }
        var number = 1
        while ids.contains("\(id)(\(number))") { number += 1 }
        return "\(id)(\(number))"
    }
}

/// The owner's end of an entry in a `StateRegistry`; the entry goes when this does.
package final class StateMachine: Sendable {
    private let registry: StateRegistry
    package let index: Int

    fileprivate init(registry: StateRegistry, index: Int) {
        self.registry = registry
        self.index = index
    }

    deinit { registry.remove(index: index) }

    /// Says that the machine is in `state` now; nothing happens when it was already.
    package func enter(_ state: String) { registry.enter(state, index: index) }
}
