internal import Dispatch
internal import Model
internal import Pipelines
internal import Placement
internal import Rebuilding
internal import Suppliers
internal import Synchronization

/// One round for one owner: opens the suppliers by the grant, and does what the round says.
struct DelegatedVisit: Sendable {
    struct Outcome: Sendable {
        var report = DelegatedReport()
        var answering = 0
        var known = 0
        var nanoseconds: UInt64 = 0
    }

    let delegation: Delegation
    let caller: SupplierCaller
    let suppliers: any SupplierConnector
    let setting: NodeSetting
    let grace: UInt64
    let bytesPerSecond: Int?

    func perform() async -> Result<Outcome, any Error> {
        let cancellation = Cancellation()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DispatchQueue.global(qos: .background).async {
                    continuation.resume(returning: Result { try round(cancellation) })
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }

    private func round(_ cancellation: Cancellation) throws -> Outcome {
        guard let grant = delegation.grant else { return Outcome() }
        let started = setting.time.uptime
        let members = delegation.family.members
        let stores = open(members, grant)
        defer { for store in stores.values { store.close() } }
        let views = try look(members, stores)
        let round = DelegatedRound(
            owner: delegation.owner, stores: stores, books: delegation, grace: grace,
            throttle: Throttle(bytesPerSecond: bytesPerSecond, time: setting.time) {
                SystemPause.pause(nanoseconds: $0)
            }, random: setting.random, isCancelled: { cancellation.isCancelled })
        var outcome = Outcome()
        outcome.report = try round.perform(views)
        outcome.answering = stores.count
        outcome.known = members.count
        outcome.nanoseconds = setting.time.uptime - started
        return outcome
    }

    /// Opens all at once: one that is away takes its time to show it.
    private func open(
        _ members: [GrantedFamily.Member], _ grant: RebuildGrant
    ) -> [SupplierID: RemoteFragmentStore] {
        let found = Mutex<[SupplierID: RemoteFragmentStore]>([:])
        let bytes = grant.encoded()
        WorkerThread.forEach(members.count, atOnce: Limits.suppliersAtOnce) { index in
            let member = members[index]
            guard NodeAddress.isOne(member.address),
                let connection = try? suppliers.connect(
                    to: member.address, as: caller, creates: false)
            else { return }
            let store = RemoteFragmentStore(
                supplier: connection.supplier, user: delegation.owner,
                channel: connection.channel, time: setting.time, grant: bytes)
            guard connection.supplier == member.supplier else { return store.close() }
            found.withLock { $0[member.supplier] = store }
        }
        return found.withLock { $0 }
    }

    /// Who answers, how long the others have been silent, and who has room. Absence is
    /// counted as an owner's own node counts it.
    private func look(
        _ members: [GrantedFamily.Member], _ stores: [SupplierID: RemoteFragmentStore]
    ) throws -> [SupplierView] {
        var absences = delegation.absences()
        let now = Absence.Moment(setting.time)
        let answers = try WorkerThread.map(members.count, atOnce: Limits.suppliersAtOnce) { index in
            try? stores[members[index].supplier]?.standing(of: delegation.owner)
        }
        let views = zip(members, answers).map { member, answer -> SupplierView in
            let own = answer?.customer
            let silence = {
                absences[member.supplier, default: Absence()].note(
                    answers: own != nil, isUseful: own != nil, at: now)
                return absences[member.supplier]?.silence ?? 0
            }()
            let room = answer.map { max(0, $0.store.capacity - $0.store.used) } ?? 0
            // A record is longer than its fragment by its header.
            let free = min(own?.available ?? 0, room)
            return SupplierView(
                id: member.supplier, presence: own != nil ? .answers : .silent(silence),
                isLeaving: member.isLeaving || answer?.end != nil,
                freeByteCount: max(0, free - free / 64))
        }
        try delegation.note(absences)
        return views
    }
}
