internal import Glibc
internal import Model
internal import Placement
internal import Rebuilding
internal import Suppliers
internal import Synchronization

/// What one owner has handed over to this rebuilder, on disk and in memory.
///
/// Files in its directory: `grant`, `family`, `near`, `blocks/<row>.block`, `moves`, `watch`,
/// `audits`.
/// Blocks are written without a sync: one that a loss of power has torn is handed over again. Moves
/// are synced before the owner hears of them; one that is lost before is made again, on the same
/// supplier, which then has the fragment and signs the same receipt.
///
/// Thread rules: any thread.
final class Delegation: DelegatedBooks {
    private struct State {
        var grant: RebuildGrant?
        var family = GrantedFamily(members: [])
        /// Where the owner came from last, when that is in a local network.
        var near: IPAddress?
        var blocks: [Int64: SealedBlock] = [:]
        var lengths: [Int64: Int] = [:]
        var moves: [BlockMove] = []
        /// Some moves may not survive a loss of power.
        var isUnsynced = false
        /// Blocks whose headers were wanted lately.
        var opened: [Int64: GrantedBlock] = [:]

        mutating func apply(_ move: BlockMove) {
            blocks[move.row] = blocks[move.row]?.moving(
                move.position, to: move.receipt.supplier)
        }
    }

    let owner: UserID
    let directory: String
    private let time: any TimeSource
    private let state: Mutex<State>

    init(_ owner: UserID, directory: String, time: any TimeSource) {
        self.owner = owner
        self.directory = directory
        self.time = time
        state = Mutex(Delegation.read(owner, directory))
    }

    private static func read(_ owner: UserID, _ directory: String) -> State {
        var state = State()
        func bytes(_ name: String, _ limit: Int) -> [UInt8]? {
            try? HomeFile.readIfThere("\(directory)/\(name)", limit: limit)
        }
        state.grant = bytes("grant", Limits.grantLengthMax).flatMap { try? RebuildGrant($0) }
        state.family =
            bytes("family", GrantedFamily.lengthMax).flatMap { try? GrantedFamily($0) }
            ?? GrantedFamily(members: [])
        state.near = bytes("near", 64).flatMap { IPAddress(String(decoding: $0, as: UTF8.self)) }
        for name in HomeFile.names(in: "\(directory)/blocks") where name.hasSuffix(".block") {
            guard let found = bytes("blocks/\(name)", GrantedBlock.lengthMax),
                let granted = try? GrantedBlock(found), name == "\(granted.block.row).block"
            else { continue }
            state.blocks[granted.block.row] = granted.block
            state.lengths[granted.block.row] = found.count
        }
        let log = bytes("moves", Limits.rebuilderByteCountMax) ?? []
        for start in stride(from: 0, to: log.count, by: BlockMove.length) {
            let end = min(start + BlockMove.length, log.count)
            // What follows a torn record was never told to anybody.
            guard let move = try? BlockMove(Array(log[start..<end])) else { break }
            state.moves.append(move)
        }
        if state.moves.count * BlockMove.length < log.count {
            // Records are found by their place: nothing may follow half of one.
            truncate("\(directory)/moves", state.moves.count * BlockMove.length)
        }
        for move in state.moves { state.apply(move) }
        return state
    }

    var grant: RebuildGrant? { state.withLock { $0.grant } }
    var family: GrantedFamily { state.withLock { $0.family } }
    var byteCount: Int { state.withLock { $0.lengths.values.reduce(0, +) } }

    // MARK: What the owner brings

    /// - Parameter origin: where the owner came from; `nil` when a router brought it.
    func take(
        _ grant: RebuildGrant, _ family: GrantedFamily, from origin: IPAddress?
    ) throws(Failure) {
        for path in [directory, "\(directory)/blocks"] where mkdir(path, 0o700) != 0 {
            guard errno == EEXIST else {
                throw Failure(
                    "BD-FILE", .inputOutput, "\(path): cannot be made",
                    cause: String(cString: strerror(errno)))
            }
        }
        try HomeFile.write(grant.encoded(), to: "\(directory)/grant")
        try HomeFile.write(family.encoded(), to: "\(directory)/family")
        let near = origin.flatMap { $0.isLocal ? $0 : nil }
        try HomeFile.write(Array((near?.description ?? "").utf8), to: "\(directory)/near")
        state.withLock { state in
            state.near = near
            state.grant = grant
            state.family = family
        }
    }

    /// What is known of the blocks, ascending by row.
    func inventory(after row: Int64) -> [InventoryEntry] {
        state.withLock { state in
            state.blocks.keys.filter { $0 > row }.sorted()
                .prefix(Limits.rebuilderInventoryCountMax)
                .compactMap { row in
                    state.blocks[row].map { InventoryEntry(row: row, digest: $0.digest) }
                }
        }
    }

    func take(_ granted: GrantedBlock, bytes: [UInt8]) throws(Failure) {
        let row = granted.block.row
        try QuickFile.write(bytes, to: "\(directory)/blocks/\(row).block")
        state.withLock { state in
            state.blocks[row] = granted.block
            state.lengths[row] = bytes.count
            state.opened[row] = nil
            for move in state.moves where move.row == row { state.apply(move) }
        }
    }

    /// Whether an address may be dialled for this owner: any in the internet, where whoever answers
    /// shows by its certificate that it is the node that was named; one of a local network only
    /// when the owner came from there itself. So nobody learns of a network by its rebuilder.
    func mayDial(_ address: IPAddress) -> Bool {
        guard address.isLocal else { return true }
        return state.withLock { $0.near }?.isNeighbour(of: address) ?? false
    }

    /// Throws away what the owner has handed over, when its grant is over. What was stored for it
    /// is remembered a while: it may grant anew, and then wants to know.
    ///
    /// - Returns: whether nothing is left that is worth keeping.
    func expire(at now: Timestamp) -> Bool {
        let (grant, hasMoves) = state.withLock { ($0.grant, !$0.moves.isEmpty) }
        guard let grant else { return true }
        guard !grant.isInForce(at: now) else { return false }
        let (age, isOverflow) = now.nanoseconds.subtractingReportingOverflow(
            grant.expires.nanoseconds)
        guard hasMoves, !isOverflow, age < Limits.expiredGrantAge else { return true }
        forget(rows)
        HomeFile.remove("\(directory)/family")
        state.withLock { $0.family = GrantedFamily(members: []) }
        return false
    }

    /// Makes room for other owners: forgets blocks, the newest first and those of the catalog last.
    /// Their owner hands them over again when there is room.
    func give(back byteCount: Int) {
        let rows = state.withLock { state -> [Int64] in
            var freed = 0
            let order = state.blocks.values.sorted {
                let (left, right) = ($0.holdings.kind == .catalog, $1.holdings.kind == .catalog)
                return left == right ? $0.row > $1.row : right
            }
            return order.prefix { block in
                defer { freed += state.lengths[block.row] ?? 0 }
                return freed < byteCount
            }.map(\.row)
        }
        forget(rows)
    }

    func forget(_ rows: [Int64]) {
        for row in rows {
            HomeFile.remove("\(directory)/blocks/\(row).block")
            state.withLock { state in
                state.blocks[row] = nil
                state.lengths[row] = nil
                state.opened[row] = nil
            }
        }
    }

    /// What was stored, ascending, with sequences after this one: as many as a message takes.
    func moves(after sequence: UInt64) throws(Failure) -> [BlockMove] {
        try state.withLock { (state) throws(Failure) in
            if state.isUnsynced { try QuickFile.sync("\(directory)/moves") }
            state.isUnsynced = false
            return Array(
                state.moves.filter { $0.sequence > sequence }
                    .prefix(Limits.rebuilderPageLength / BlockMove.length))
        }
    }

    /// Forgets moves that the owner has booked, but for the last: it says where to go on.
    func settle(upTo sequence: UInt64) throws(Failure) {
        try state.withLock { (state) throws(Failure) in
            let last = state.moves.last?.sequence
            let left = state.moves.filter { $0.sequence > sequence || $0.sequence == last }
            guard left.count < state.moves.count else { return }
            try HomeFile.write(left.flatMap { $0.encoded() }, to: "\(directory)/moves")
            state.moves = left
        }
    }

    // MARK: The books of a round

    var rows: [Int64] { state.withLock { $0.blocks.keys.sorted() } }

    func block(_ row: Int64) -> SealedBlock? { state.withLock { $0.blocks[row] } }

    func header(of block: SealedBlock, position: Int) throws -> FragmentHeader {
        if let known = state.withLock({ $0.opened[block.row] }) { return known.headers[position] }
        let bytes = try HomeFile.read(
            "\(directory)/blocks/\(block.row).block", limit: GrantedBlock.lengthMax)
        let granted = try GrantedBlock(bytes)
        guard granted.headers.indices.contains(position) else {
            throw RebuildError.wrongHeader(row: block.row, position: position)
        }
        state.withLock { state in
            if state.opened.count >= Delegation.openedCountMax { state.opened = [:] }
            state.opened[block.row] = granted
        }
        return granted.headers[position]
    }

    /// Blocks that are worked on at the same time, and a few more.
    private static let openedCountMax = 16

    func signed(_ receipt: Receipt, for block: SealedBlock, position: Int) throws {
        try state.withLock { state in
            let last = state.moves.last?.sequence ?? 0
            let move = BlockMove(
                sequence: max(last + 1, UInt64(clamping: time.now.nanoseconds)), row: block.row,
                position: position, receipt: receipt)
            try QuickFile.append(move.encoded(), to: "\(directory)/moves")
            state.isUnsynced = true
            state.moves.append(move)
        }
    }

    func stored(
        _ block: SealedBlock, position: Int, on supplier: SupplierID, releases: Int?
    ) throws {
        state.withLock { state in
            state.blocks[block.row] = state.blocks[block.row]?.moving(position, to: supplier)
        }
    }

    func lost(_ block: SealedBlock, position: Int, on supplier: SupplierID) throws {
        state.withLock { state in
            state.blocks[block.row] = state.blocks[block.row]?.losing(position, on: supplier)
        }
    }
}

/// Files that are written often, and without a sync each time.
enum QuickFile {
    /// Replaces a file whole; a loss of power may leave it torn.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let fresh = path + ".new"
        try put(bytes, fresh, O_WRONLY | O_CREAT | O_TRUNC)
        guard rename(fresh, path) == 0 else { throw failed(path) }
    }

    /// Adds to the end; durable after ``sync(_:)``.
    static func append(_ bytes: [UInt8], to path: String) throws(Failure) {
        try put(bytes, path, O_WRONLY | O_CREAT | O_APPEND)
    }

    static func sync(_ path: String) throws(Failure) {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw failed(path) }
        defer { close(file) }
        guard fdatasync(file) == 0 else { throw failed(path) }
    }

    private static func put(
        _ bytes: [UInt8], _ path: String, _ flags: Int32
    ) throws(Failure) {
        let file = open(path, flags | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failed(path) }
        defer { close(file) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.write(file, $0.baseAddress, $0.count)
            }
            guard count > 0 else { throw failed(path) }
            offset += count
        }
    }

    private static func failed(_ path: String) -> Failure {
        Failure(
            "BD-FILE", .inputOutput, "\(path): cannot write",
            cause: String(cString: strerror(errno)),
            remedy: "check the disk and the permissions of its directory")
    }
}
