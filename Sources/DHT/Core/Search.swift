internal import Model

/// A lookup and what it is for.
struct Search: Sendable {
    enum Goal: Sendable {
        case join
        case refresh
        case contacts(ticket: UInt64)
        case get(ticket: UInt64)
        /// `ticket` is `nil` for a repetition.
        case put(Item, expected: Int64?, ticket: UInt64?)
        case peers(ticket: UInt64)
        case announce(port: UInt16?, ticket: UInt64?)

        var method: KRPC.Method {
            switch self {
            case .join, .refresh, .contacts: .findNode
            case .get, .put: .get
            case .peers, .announce: .getPeers
            }
        }
    }

    var lookup: Lookup
    let goal: Goal
    /// Whose the item must be; for `get` and `put`.
    let address: ItemAddress?
    /// States below this are refused.
    let minimum: Int64
    var best: Item?
    var hopCount = 0
    var refusedSequence: Int64?
    var peers: [Endpoint] = []
}

/// Copies of one item or announcement on their way to the nodes nearest to it.
struct Storing: Sendable {
    let id: UInt32
    let ticket: UInt64?
    let isAnnouncement: Bool
    let nearest: [Contact]
    var activeCount = 0
    var copyCount: Int
    var refusals: [Int] = []
}

/// An own item that is put again every hour.
struct Publication: Sendable {
    static let interval: UInt64 = 3600 * 1_000_000_000
    var item: Item
    var due: UInt64
}

/// An own announcement, repeated while the last one still holds.
struct Announcement: Sendable {
    static let interval: UInt64 = 20 * 60 * 1_000_000_000
    let topic: NodeID
    let port: UInt16?
    var due: UInt64
}

/// The highest sequence seen of each item that was read, so that no node can show an older one.
/// The oldest memory gives way.
struct SeenSequences: Sendable {
    private var sequences: [NodeID: Int64] = [:]
    private var order: [NodeID] = []
    private var oldest = 0

    func sequence(of target: NodeID) -> Int64 { sequences[target] ?? 0 }

    mutating func note(_ sequence: Int64, of target: NodeID) {
        if let known = sequences[target] {
            sequences[target] = max(known, sequence)
            return
        }
        sequences[target] = sequence
        if order.count < Limits.seenSequenceCountMax {
            order.append(target)
        } else {
            sequences[order[oldest]] = nil
            order[oldest] = target
            oldest = (oldest + 1) % order.count
        }
    }
}
