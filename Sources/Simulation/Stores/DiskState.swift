internal import Glibc
package import Suppliers

/// Where and how a simulated disk fails.
package struct DiskFault: Sendable {
    package enum Effect: Equatable, Sendable {
        case error(Int32)
        /// Half of the bytes are written, and the call says so.
        case shortWrite
        /// Nothing works from now on, until `crash` brings back what is left.
        case powerLoss
    }

    /// The operations that count and fail; all when `nil`.
    package let operation: DiskOperation?
    /// How many of them succeed before.
    package let after: Int
    package let effect: Effect
    /// Whether all later ones fail too.
    package let isSticky: Bool

    package init(
        _ effect: Effect, of operation: DiskOperation? = nil, after: Int = 0, isSticky: Bool = false
    ) {
        self.operation = operation
        self.after = after
        self.effect = effect
        self.isSticky = isSticky
    }
}

/// Counts operations and says which one fails.
struct DiskFaults {
    private(set) var operationCount = 0
    private var faults: [(fault: DiskFault, seen: Int)] = []

    mutating func set(_ faults: [DiskFault]) {
        self.faults = faults.map { ($0, 0) }
        operationCount = 0
    }

    mutating func effect(on operation: DiskOperation) -> DiskFault.Effect? {
        operationCount += 1
        var effect: DiskFault.Effect?
        for index in faults.indices {
            let fault = faults[index].fault
            guard fault.operation == nil || fault.operation == operation else { continue }
            let seen = faults[index].seen
            faults[index].seen += 1
            let isLasting = fault.isSticky || fault.effect == .powerLoss
            if seen == fault.after || isLasting && seen > fault.after { effect = fault.effect }
        }
        return effect
    }
}

/// A file's bytes: as they are seen, as they are durable, and what lies between.
struct DiskNode {
    private enum Change {
        case write([UInt8], offset: Int)
        case truncate(Int)
    }

    private(set) var content: [UInt8]
    private var durable: [UInt8]
    private var pending: [Change] = []

    init(durable: [UInt8] = []) {
        self.content = durable
        self.durable = durable
    }

    mutating func write(_ bytes: [UInt8], at offset: Int) {
        DiskNode.write(bytes, at: offset, to: &content)
        pending.append(.write(bytes, offset: offset))
    }

    mutating func truncate(to length: Int) {
        DiskNode.truncate(&content, to: length)
        pending.append(.truncate(length))
    }

    mutating func sync() {
        for change in pending { DiskNode.apply(change, to: &durable) }
        pending = []
    }

    /// The system forgets what it has not written, and goes on showing it.
    mutating func failSync() { pending = [] }

    mutating func crash(_ random: SeededRandom) {
        for change in pending {
            guard random.flip() else { continue }
            switch change {
            case .write(let bytes, let offset) where random.flip():
                for start in stride(from: 0, to: bytes.count, by: 512) where random.flip() {
                    let sector = Array(bytes[start..<min(start + 512, bytes.count)])
                    DiskNode.write(sector, at: offset + start, to: &durable)
                }
            default:
                DiskNode.apply(change, to: &durable)
            }
        }
        self = DiskNode(durable: durable)
    }

    private static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .write(let new, let offset): write(new, at: offset, to: &bytes)
        case .truncate(let length): truncate(&bytes, to: length)
        }
    }

    private static func write(_ new: [UInt8], at offset: Int, to bytes: inout [UInt8]) {
        if bytes.count < offset + new.count { truncate(&bytes, to: offset + new.count) }
        bytes.replaceSubrange(offset..<offset + new.count, with: new)
    }

    private static func truncate(_ bytes: inout [UInt8], to length: Int) {
        if length < bytes.count {
            bytes.removeLast(bytes.count - length)
        } else {
            bytes += [UInt8](repeating: 0, count: length - bytes.count)
        }
    }
}

/// The files and directories of a simulated disk.
struct DiskState {
    static let directory = -1
    static let powerLoss = ESHUTDOWN

    var nodes: [Int: DiskNode] = [:]
    var entries: [String: Int] = [:]
    var locks: Set<String> = []
    var faults = DiskFaults()
    var isReadOnly = false
    var freeByteCount: Int?
    private var durableEntries: [String: Int] = [:]

    mutating func begin(_ operation: DiskOperation) throws(DiskError) {
        switch faults.effect(on: operation) {
        case .error(let code): throw DiskError(operation, code: code)
        case .powerLoss: throw DiskError(operation, code: DiskState.powerLoss)
        case .shortWrite, nil: break
        }
    }

    /// How many of `count` bytes are written, having taken them from the free ones.
    mutating func writable(_ count: Int, in operation: DiskOperation) throws(DiskError) -> Int {
        var count = count
        switch faults.effect(on: operation) {
        case .error(let code): throw DiskError(operation, code: code)
        case .powerLoss: throw DiskError(operation, code: DiskState.powerLoss)
        case .shortWrite: count = (count + 1) / 2
        case nil: break
        }
        if let free = freeByteCount {
            guard free > 0 || count == 0 else { throw DiskError(operation, code: ENOSPC) }
            count = min(count, free)
            freeByteCount = free - count
        }
        return count
    }

    func node(_ path: String) -> DiskNode? { entries[path].flatMap { nodes[$0] } }
    func isFile(_ path: String) -> Bool { (entries[path] ?? DiskState.directory) >= 0 }

    func file(_ path: String) throws(DiskError) -> Int {
        guard let id = entries[path], id != DiskState.directory else {
            throw DiskError(.open, code: ENOENT)
        }
        return id
    }

    mutating func addFile(_ path: String) -> Int {
        let id = nodes.count
        nodes[id] = DiskNode()
        entries[path] = id
        return id
    }

    func children(of directory: String) -> [String] {
        let prefix = directory + "/"
        return entries.keys.filter { $0.hasPrefix(prefix) }
            .map { String($0.dropFirst(prefix.utf8.count)) }
            .filter { !$0.contains("/") }.sorted()
    }

    mutating func syncEntries(of directory: String) {
        for name in changedPaths where DiskState.parent(name) == directory {
            durableEntries[name] = entries[name]
        }
    }

    mutating func crash(_ random: SeededRandom) {
        for path in changedPaths where random.flip() { durableEntries[path] = entries[path] }
        entries = durableEntries
        for id in nodes.keys.sorted() { nodes[id]?.crash(random) }
        locks = []
        faults.set([])
    }

    /// Entries that are not durable as they are, ascending.
    private var changedPaths: [String] {
        Set(entries.keys).union(durableEntries.keys)
            .filter { entries[$0] != durableEntries[$0] }.sorted()
    }

    private static func parent(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
    }
}
