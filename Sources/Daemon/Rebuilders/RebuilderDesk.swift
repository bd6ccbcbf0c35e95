internal import Glibc
internal import Identities
internal import Model
internal import Networking
internal import Rebuilding
internal import Suppliers
internal import Synchronization

/// The rebuilder's end of its protocol: takes what owners hand over, and gives back what it did.
///
/// Who asks is the session's peer, and everything is under that owner: nobody reads or changes what
/// another has handed over.
///
/// Thread rules: any thread that may block.
final class RebuilderDesk: Sendable {
    static let magic = SessionHandlers.Magic(RebuilderRequest.magic)

    /// This rebuilder.
    private let user: UserID
    private let directory: String
    private let time: any TimeSource
    /// Bytes of what all owners hand over together.
    private let byteCountMax: Int
    private let delegations: Mutex<[UserID: Delegation]>

    init(
        user: UserID, directory: String, time: any TimeSource,
        byteCountMax: Int = Limits.rebuilderByteCountMax
    ) {
        self.byteCountMax = byteCountMax
        self.user = user
        self.directory = directory
        self.time = time
        var found: [UserID: Delegation] = [:]
        for name in HomeFile.names(in: directory) {
            guard let owner = UserID(hex: name) else { continue }
            found[owner] = Delegation(owner, directory: "\(directory)/\(name)", time: time)
        }
        delegations = Mutex(found)
    }

    /// Throws away what was handed over by grants that have expired.
    func sweep() {
        let now = time.now
        for (owner, delegation) in delegations.withLock({ $0 }) where delegation.expire(at: now) {
            delegations.withLock { $0[owner] = nil }
            RebuilderDesk.remove("\(directory)/\(owner)")
        }
    }

    /// Those whose grants are in force.
    var active: [Delegation] {
        let now = time.now
        return delegations.withLock { Array($0.values) }
            .filter { $0.grant?.isInForce(at: now) == true }
            .sorted { $0.owner < $1.owner }
    }

    /// - Parameter origin: where the owner's session comes from; `nil` when a router brought it.
    func answer(
        _ owner: UserID, _ header: [UInt8], _ payload: [UInt8], from origin: IPAddress? = nil
    ) -> (header: [UInt8], payload: [UInt8]) {
        do {
            let request = try RebuilderRequest(header)
            let payload = try perform(request, of: owner, payload, from: origin)
            return (RebuilderAnswer.done.encoded(), payload)
        } catch let refusal as Refusal {
            return (RebuilderAnswer.refused(refusal.reason).encoded(), [])
        } catch let failure as Failure {
            return (RebuilderAnswer.refused(failure.message).encoded(), [])
        } catch {
            return (RebuilderAnswer.refused("the request cannot be read").encoded(), [])
        }
    }

    private struct Refusal: Error {
        let reason: String
    }

    private func perform(
        _ request: RebuilderRequest, of owner: UserID, _ payload: [UInt8],
        from origin: IPAddress?
    ) throws -> [UInt8] {
        if case .grant = request {
            try take(payload, of: owner, from: origin)
            return []
        }
        guard let delegation = delegations.withLock({ $0[owner] }) else {
            throw Refusal(reason: "it has no grant of yours")
        }
        switch request {
        case .grant: return []
        case .inventory(let row): return InventoryEntry.encode(delegation.inventory(after: row))
        case .blocks: try take(payload, for: delegation)
        case .forget(let rows): delegation.forget(rows)
        case .moves(let sequence):
            return try delegation.moves(after: sequence).flatMap { $0.encoded() }
        case .settled(let sequence): try delegation.settle(upTo: sequence)
        case .end:
            delegations.withLock { $0[owner] = nil }
            RebuilderDesk.remove("\(directory)/\(owner)")
        }
        return []
    }

    private func take(
        _ payload: [UInt8], of owner: UserID, from origin: IPAddress?
    ) throws {
        var reader = ByteReader(payload, format: "grant and family")
        let grant = try RebuildGrant(
            reader.counted(limit: Limits.grantLengthMax, field: "grant"))
        let family = try GrantedFamily(
            reader.counted(limit: GrantedFamily.lengthMax, field: "family"))
        try reader.finish()
        guard grant.owner == owner, grant.rebuilder == user, grant.device != nil,
            grant.isInForce(at: time.now)
        else { throw Refusal(reason: "the grant is not yours for this node, or has expired") }
        let delegation = try delegations.withLock { all -> Delegation in
            if let known = all[owner] { return known }
            guard all.count < Limits.rebuilderOwnerCountMax else {
                throw Refusal(reason: "it rebuilds for as many as it can")
            }
            mkdir(directory, 0o700)
            let new = Delegation(owner, directory: "\(directory)/\(owner)", time: time)
            all[owner] = new
            return new
        }
        try delegation.take(grant, family, from: origin)
    }

    private func take(_ payload: [UInt8], for delegation: Delegation) throws {
        guard makeRoom(for: payload.count, of: delegation) else {
            throw Refusal(reason: "it has no room for more blocks")
        }
        var reader = ByteReader(payload, format: "blocks")
        while reader.remainingByteCount > 0 {
            let bytes = try reader.counted(limit: GrantedBlock.lengthMax, field: "block")
            let granted = try GrantedBlock(bytes)
            guard granted.headers.allSatisfy({ $0.owner == delegation.owner }) else {
                throw Refusal(reason: "a block is another owner's")
            }
            try delegation.take(granted, bytes: bytes)
        }
    }

    /// Room goes to who comes first until there is none. Then each owner has the same share: who
    /// has less gets what others have beyond theirs.
    private func makeRoom(for byteCount: Int, of delegation: Delegation) -> Bool {
        let all = delegations.withLock { $0.values.sorted { $0.owner < $1.owner } }
        var missing = all.reduce(byteCount - byteCountMax) { $0 + $1.byteCount }
        guard missing > 0 else { return true }
        let share = byteCountMax / max(1, all.count)
        guard delegation.byteCount + byteCount <= share else { return false }
        while missing > 0 {
            guard let largest = all.max(by: { $0.byteCount < $1.byteCount }),
                largest.byteCount > share
            else { return false }
            let before = largest.byteCount
            largest.give(back: min(missing, before - share))
            missing -= before - largest.byteCount
        }
        return true
    }

    /// Removes what an owner had handed over; what cannot be removed is taken for nothing later.
    private static func remove(_ directory: String) {
        for name in HomeFile.names(in: "\(directory)/blocks") {
            HomeFile.remove("\(directory)/blocks/\(name)")
        }
        rmdir("\(directory)/blocks")
        for name in HomeFile.names(in: directory) { HomeFile.remove("\(directory)/\(name)") }
        rmdir(directory)
    }
}
