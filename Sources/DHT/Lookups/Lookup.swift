internal import Model

/// How widely a lookup searches.
struct LookupShape: Sendable {
    /// Paths that share no node, so that a hostile node spoils one of them.
    let pathCount: Int
    /// Queries under way on one path.
    let parallelCount: Int
    /// A path has arrived when so many of its nearest candidates have answered.
    let width: Int

    /// Kademlia's own: one path, three queries at once, until the k nearest have answered.
    static let plain = LookupShape(pathCount: 1, parallelCount: 3, width: 8)
    /// For what others may want to hide: several paths side by side.
    ///
    /// - SeeAlso: Baumgart, Mies, “S/Kademlia: A practicable approach towards secure key-based
    ///   routing”, 2007.
    static func disjoint(_ pathCount: Int) -> LookupShape {
        pathCount > 1 ? LookupShape(pathCount: pathCount, parallelCount: 1, width: 4) : plain
    }
}

/// One iterative search for the nodes nearest to a target, as a value: told what was answered, it
/// says whom to ask next.
///
/// A node is asked by one path only. A path that meets a hostile node may see nothing but that
/// node's friends from there on; the others go on without knowing of them.
struct Lookup: Sendable {
    /// Whom to ask for which path.
    struct Query: Equatable {
        let path: Int
        let contact: Contact
    }

    /// A node that answered.
    struct Answer: Sendable {
        let contact: Contact
        /// Present when the answer had one: needed to store there.
        let token: [UInt8]?
    }

    private enum State: UInt8 {
        case fresh, asked, answered, failed
        /// Another path has asked it.
        case elsewhere
    }

    private struct Candidate: Sendable {
        let contact: Contact
        let distance: NodeID
        /// Answers it took to hear of this node, the table counted as none.
        let depth: UInt8
        var state: State
    }

    private struct Path: Sendable {
        var candidates: [Candidate] = []
        var queryCount = 0
        var activeCount = 0
    }

    let id: UInt32
    let target: NodeID
    private let own: NodeID
    private let shape: LookupShape
    private var paths: [Path]
    private var asked: [Contact] = []
    private var turn = 0
    private(set) var answers: [Answer] = []
    private(set) var queryCount = 0

    /// - Parameter start: what the table knows, nearest first; dealt out to the paths.
    init(id: UInt32, target: NodeID, own: NodeID, shape: LookupShape, start: [Contact]) {
        self.id = id
        self.target = target
        self.own = own
        self.shape = shape
        paths = Array(repeating: Path(), count: shape.pathCount)
        for (index, contact) in start.enumerated() {
            add(contact, depth: 1, to: index % shape.pathCount)
        }
    }

    /// Whether nobody is left to ask and nobody is waited for.
    var isDone: Bool {
        for path in 0..<paths.count {
            if paths[path].activeCount > 0 || nextCandidate(of: path) != nil { return false }
        }
        return true
    }

    /// The next query, noted as under way; `nil` when all paths are busy or at their end.
    mutating func next() -> Query? {
        for step in 0..<paths.count {
            let path = (turn + step) % paths.count
            while let index = nextCandidate(of: path) {
                let contact = paths[path].candidates[index].contact
                guard hasRoom(for: contact.endpoint.address) else {
                    paths[path].candidates[index].state = .failed
                    continue
                }
                turn = path + 1
                paths[path].candidates[index].state = .asked
                paths[path].queryCount += 1
                paths[path].activeCount += 1
                queryCount += 1
                asked.append(contact)
                withhold(contact)
                return Query(path: path, contact: contact)
            }
        }
        return nil
    }

    /// Takes an answer and the contacts that came with it.
    ///
    /// - Returns: the depth of the node that answered.
    mutating func answered(
        _ query: Query, token: [UInt8]?, wasStalled: Bool, contacts: [Contact]
    ) -> UInt8 {
        let depth = settle(query, as: .answered, wasStalled: wasStalled)
        answers.append(Answer(contact: query.contact, token: token))
        for contact in contacts { add(contact, depth: depth &+ 1, to: query.path) }
        return depth
    }

    /// The node is silent, or its answer was worthless.
    mutating func failed(_ query: Query, wasStalled: Bool) {
        _ = settle(query, as: .failed, wasStalled: wasStalled)
    }

    /// The node takes long: somebody else may be asked meanwhile.
    mutating func stalled(_ query: Query) {
        paths[query.path].activeCount -= 1
    }

    /// The nodes that answered, nearest first.
    func nearest(_ limit: Int) -> [Answer] {
        Array(
            answers.sorted { $0.contact.id.isCloser(than: $1.contact.id, to: target) }
                .prefix(limit))
    }

    private mutating func settle(_ query: Query, as state: State, wasStalled: Bool) -> UInt8 {
        if !wasStalled { paths[query.path].activeCount -= 1 }
        let index = paths[query.path].candidates.firstIndex {
            $0.contact == query.contact && $0.state == .asked
        }
        guard let index else { return 1 }
        paths[query.path].candidates[index].state = state
        return paths[query.path].candidates[index].depth
    }

    private func nextCandidate(of path: Int) -> Int? {
        guard paths[path].activeCount < shape.parallelCount,
            paths[path].queryCount < Limits.queriesPerPathMax
        else { return nil }
        var answeredCount = 0
        for index in 0..<paths[path].candidates.count {
            switch paths[path].candidates[index].state {
            case .fresh: return index
            case .answered, .elsewhere:
                answeredCount += 1
                if answeredCount >= shape.width { return nil }
            case .asked, .failed: break
            }
        }
        return nil
    }

    /// Keeps the other paths from asking this node, or another one at its endpoint.
    private mutating func withhold(_ contact: Contact) {
        for path in 0..<paths.count {
            for index in 0..<paths[path].candidates.count
            where paths[path].candidates[index].state == .fresh {
                let other = paths[path].candidates[index].contact
                if other.id == contact.id || other.endpoint == contact.endpoint {
                    paths[path].candidates[index].state = .elsewhere
                }
            }
        }
    }

    /// Whether another node of its address range may be asked.
    private func hasRoom(for address: IPAddress) -> Bool {
        if address.isLocal { return true }
        let range = address.range
        var count = 0
        for other in asked where other.endpoint.address.range == range { count += 1 }
        return count < Limits.queriesPerRangeInLookup
    }

    private func isAsked(_ contact: Contact) -> Bool {
        for other in asked where other.id == contact.id || other.endpoint == contact.endpoint {
            return true
        }
        return false
    }

    private mutating func add(_ contact: Contact, depth: UInt8, to path: Int) {
        guard contact.id != own else { return }
        let distance = contact.id.distance(to: target)
        var index = paths[path].candidates.count
        while index > 0 {
            let other = paths[path].candidates[index - 1]
            if other.distance < distance { break }
            if other.contact == contact { return }
            index -= 1
        }
        guard index < Limits.candidatesPerPathMax else { return }
        if paths[path].candidates.count == Limits.candidatesPerPathMax {
            // One that is waited for stays: its answer must find it.
            guard let last = paths[path].candidates.lastIndex(where: { $0.state != .asked }),
                last >= index
            else { return }
            paths[path].candidates.remove(at: last)
        }
        paths[path].candidates.insert(
            Candidate(
                contact: contact, distance: distance, depth: depth,
                state: isAsked(contact) ? .elsewhere : .fresh),
            at: index)
    }
}
