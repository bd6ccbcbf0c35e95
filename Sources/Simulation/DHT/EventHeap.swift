internal import Model

/// Something that will happen in a simulated network.
enum SimulatedEvent {
    case datagram([UInt8], to: Endpoint, from: Endpoint)
    case timer(node: Int, generation: Int)
}

/// What happens next: events by time, those of one time in the order in which they were added.
struct EventHeap<Event> {
    private struct Entry {
        let time: UInt64
        let number: UInt64
        let place: Int

        func isBefore(_ other: Entry) -> Bool {
            time != other.time ? time < other.time : number < other.number
        }
    }

    /// A binary heap of small entries; the events stay where they are.
    private var entries: [Entry] = []
    private var events: [Event?] = []
    private var free: [Int] = []
    private var count: UInt64 = 0

    var nextTime: UInt64? { entries.first?.time }

    mutating func add(_ event: Event, at time: UInt64) {
        let place = free.popLast() ?? events.count
        if place == events.count {
            events.append(event)
        } else {
            events[place] = event
        }
        count += 1
        entries.append(Entry(time: time, number: count, place: place))
        rise(from: entries.count - 1)
    }

    mutating func removeFirst() -> (time: UInt64, event: Event)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        guard let event = events[first.place].take() else { return nil }
        free.append(first.place)
        return (first.time, event)
    }

    private mutating func rise(from start: Int) {
        var index = start
        let entry = entries[index]
        while index > 0 {
            let parent = (index - 1) / 2
            guard entry.isBefore(entries[parent]) else { break }
            entries[index] = entries[parent]
            index = parent
        }
        entries[index] = entry
    }

    private mutating func sink() {
        var index = 0
        let entry = entries[0]
        while true {
            var child = 2 * index + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1].isBefore(entries[child]) {
                child += 1
            }
            guard entries[child].isBefore(entry) else { break }
            entries[index] = entries[child]
            index = child
        }
        entries[index] = entry
    }
}
