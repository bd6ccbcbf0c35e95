internal import Identities
internal import Model
internal import Networking
internal import Settings
internal import Suppliers

/// A supplier that serves: its disks, its end of the protocol, and what it tells about itself.
///
/// Thread rules: any thread; what reads disks says so.
final class RunningSupplier: Sendable {
    static let magic = SessionHandlers.Magic("BDSREQ01")

    let disks: SupplierDisks
    let server: SupplierServer
    let holds: HoldLedger
    /// For what waits for disks and buckets.
    let work: BlockingWork
    /// For what the index and the ledger answer, also while all of `work` waits.
    let answers: BlockingWork
    private let offers: OfferMaker
    private let values: @Sendable () -> SettingValues
    private let gifts: @Sendable () -> Gifts
    /// Since when it is about to leave, and until when it stays.
    let departure: Departure

    /// What friends were promised, and what open invitations promise.
    struct Gifts: Sendable {
        var byUser: [UserID: Int] = [:]
        var reserved = 0
        /// Whether strangers may ask as well.
        var isPublic = true
    }

    /// - Parameter values: the settings at the moment.
    /// - Parameter known: whose devices are whose.
    init(
        disks: SupplierDisks, offers: OfferMaker, known: KnownIdentities,
        time: any TimeSource, values: @escaping @Sendable () -> SettingValues,
        gifts: @escaping @Sendable () -> Gifts
    ) throws {
        self.disks = disks
        self.offers = offers
        self.values = values
        self.gifts = gifts
        departure = Departure(
            directory: disks.mainPath, time: time,
            wants: {
                let values = values()
                return values[SupplierSettings.isLeaving]
                    ? values[SupplierSettings.leavingDays] : nil
            })
        holds = try HoldLedger(
            directory: disks.mainPath,
            time: ServiceTime(time, directory: disks.mainPath, disk: LocalDisk()))
        work = BlockingWork(threadCount: Limits.supplierThreadCount)
        answers = BlockingWork(threadCount: Limits.supplierAnswerThreadCount)
        let (store, serviceTime) = (disks.store, holds.time)
        let donation: @Sendable () -> Donation = {
            RunningSupplier.donation(store, serviceTime, values(), gifts())
        }
        var rules = SupplierRules(
            quotaMax: { user in
                RunningSupplier.isRejected(user, values())
                    ? (try? store.contract(of: user))??.quota ?? 0
                    : donation().quotaMax(for: user)
            },
            isDeviceValid: { known.isDevice($1, of: $0) })
        rules.refusal = { RunningSupplier.refusal(of: $0, values()) }
        rules.offer = { offers.offer(free: donation().free) }
        rules.leavingUntil = { [departure] in departure.end }
        rules.grants = OwnerGrants(
            revoked: try RevokedGrants(directory: disks.mainPath), time: time,
            isDeviceValid: { known.isDevice($1, of: $0) })
        server = SupplierServer(
            store: store, key: disks.key, rules: rules, time: time, holds: holds)
    }

    /// What is promised and what is free; reads disks.
    var donation: Donation {
        RunningSupplier.donation(disks.store, holds.time, values(), gifts())
    }

    // MARK: Requests of peers

    func answer(_ peer: SessionPeer, _ request: SessionRequest) async throws -> SessionResponse {
        do {
            let threads = SupplierRequest.waitsForNoDisk(request.header) ? answers : work
            return try await threads.perform { [server] in
                RunningSupplier.answer(peer, request, by: server)
            }
        } catch is CancellationError {
            throw SessionRefusal.cancelled
        } catch {
            throw SessionRefusal.closing
        }
    }

    /// Refuses a put that has no room before its fragments are sent.
    func screen(
        _ peer: SessionPeer, _ header: [UInt8], _ payloadLength: Int
    ) async -> SessionResponse? {
        let refusal = try? await answers.perform { [server] in
            server.refuses(
                header, payloadByteCount: payloadLength, from: PeerIdentity(peer))
        }
        return refusal.flatMap { $0 }.map { SessionResponse(header: $0.header) }
    }

    private static func answer(
        _ peer: SessionPeer, _ request: SessionRequest, by server: SupplierServer
    ) -> SessionResponse {
        let parts = request.payload.pages.map { PayloadPart($0.buffer, $0.range) }
        var header: [UInt8] = []
        let payload = SessionPayload(capacity: request.responseLengthMax) { memory in
            let answer = server.answer(
                request.header, payload: parts, from: PeerIdentity(peer)
            ) { count in
                guard count >= 0, count <= memory.count else { return nil }
                return UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
            }
            header = answer.header
            return answer.payloadByteCount
        }
        return SessionResponse(header: header, payload: payload)
    }

    /// Lets what is under way end, and closes the disks.
    func close() async {
        await work.stop()
        await answers.stop()
        try? holds.time.save(always: true)
        disks.store.close()
    }

    // MARK: Rules

    private static func donation(
        _ store: MultiDiskFragmentStore, _ time: ServiceTime, _ values: SettingValues,
        _ gifts: Gifts
    ) -> Donation {
        let seconds = time.seconds
        let promises = store.contracts.map { contract in
            Donation.Promise(
                owner: contract.owner, quota: contract.quota,
                charged: (try? store.usage(of: contract.owner))?.charged ?? 0,
                isEnded: contract.isEnded(at: seconds))
        }
        return Donation(
            donated: values.donatedByteCount,
            customerMax: Int(clamping: values[SupplierSettings.customerSpaceMax].byteCount),
            room: DiskUse.room(of: store.slots),
            isAccepting: !values[SupplierSettings.isPaused]
                && !values[SupplierSettings.isLeaving],
            promises: promises, gifts: gifts.byUser, reserved: gifts.reserved,
            isPublic: gifts.isPublic)
    }

    private static func refusal(of user: UserID, _ values: SettingValues) -> StoreError? {
        if values[SupplierSettings.isLeaving] || isRejected(user, values) { return .contractEnded }
        return values[SupplierSettings.isPaused] ? .unavailable(reason: "paused") : nil
    }

    static func isRejected(_ user: UserID, _ values: SettingValues) -> Bool {
        values[SupplierSettings.rejected].contains("\(user)")
    }
}

extension PeerIdentity {
    init(_ peer: SessionPeer) {
        self.init(user: peer.userID, device: peer.deviceID)
    }
}

extension SettingValues {
    var donatedByteCount: Int { Int(clamping: self[SupplierSettings.donatedSpace].byteCount) }
}
