import Dispatch
import Foundation
import Identities
import Model
import Networking
import Pipelines
import Simulation
import Suppliers
import Synchronization

@testable import Daemon

/// A supplier of a network: a real listener on loopback, a real store on the disk.
final class SupplierNode: Sendable {
    let directory: String
    let user: UserID
    private let identity: SessionIdentity
    private let server: SupplierServer
    private let store: any FragmentStore
    private let threads: NetworkThreads
    private let listener = Mutex<SessionListener?>(nil)
    private let places = Mutex<RouterPlaces?>(nil)
    /// What it does to what it answers; set before it is asked.
    let lie = Mutex<Lie?>(nil)
    /// One way to itself for each peer, which remembers what was asked for.
    private let lying = Mutex<[UserID: LyingSupplier]>([:])
    /// Requests answered so far.
    let answered = Mutex(0)
    /// Bytes of fragments given so far.
    let given = Mutex(0)
    /// Users who have a contract here.
    private let customers = Mutex<Set<UserID>>([])
    /// Called after each request, with how many there were.
    let afterRequest = Mutex<(@Sendable (Int) -> Void)?>(nil)

    /// Bytes that it makes a contract for.
    let allowed: Allowed

    final class Allowed: Sendable {
        let quota: Mutex<Int>
        /// When the supplier ends.
        let end = Mutex<Int64?>(nil)

        init(_ quota: Int) { self.quota = Mutex(quota) }
    }

    /// - Parameter time: what its clock says.
    /// - Parameter bucket: where its segments are; in its directory when `nil`.
    init(
        number: Int, below scratch: String, threads: NetworkThreads, quotaMax: Int = 2 << 30,
        time: any TimeSource = SystemTime(), bucket: BucketClient? = nil
    ) async throws {
        directory = "\(scratch)/supplier-\(number)"
        let random = SystemRandom()
        let disk = bucket.map { [directory] in
            ObjectDisk(root: directory, storage: $0, random: random) as any Disk
        }
        let place = try SupplierDirectory.create(
            at: directory, random: random, disk: disk ?? LocalDisk())
        store = try place.store(StoreOptions(capacity: 4 << 30))
        let root = try IdentityKey(seed: SecretBytes(random.bytes32()))
        let device = try DeviceKey(seed: SecretBytes(random.bytes32()))
        let certificate = try DeviceCertificate(
            device: device.publicKey, name: DisplayName("node")!,
            created: Timestamp(nanoseconds: 1), sequence: 1, signedBy: root)
        user = certificate.userID
        let offer = try SupplierOffer(
            free: 2 << 30, issued: time.now, version: "test", endpoints: [],
            certificate: certificate, device: device, supplier: place.key)
        let allowed = Allowed(quotaMax)
        self.allowed = allowed
        var rules = SupplierRules(
            quotaMax: { _ in allowed.quota.withLock { $0 } }, isDeviceValid: { _, _ in true })
        rules.offer = { offer }
        rules.leavingUntil = { allowed.end.withLock { $0 } }
        rules.refusal = { _ in allowed.end.withLock { $0 } == nil ? nil : .contractEnded }
        rules.grants = OwnerGrants(
            revoked: try RevokedGrants(directory: directory), time: time,
            isDeviceValid: { _, _ in true })
        server = SupplierServer(
            store: store, key: place.key, rules: rules, time: time, holds: nil)
        identity = try SessionIdentity(
            certificate: certificate, deviceKey: device, random: random)
        self.threads = threads
        try await listen()
    }

    /// Listens at a free port; after ``stop()`` at another one.
    func listen() async throws {
        let opened = try await SessionListener.open(
            at: Endpoint(.v4(127 << 24 | 1), port: 0), setup: setup, threads: threads)
        listener.withLock { $0 = opened }
    }

    private var setup: SessionSetup {
        var settings = SessionSettings()
        settings.handshakeDeadline = .seconds(60)
        return SessionSetup(identity: identity, settings: settings, admits: { _ in true }) {
            [weak self] peer, request in
            guard let self else { throw SessionRefusal.closing }
            return try await self.answer(peer, request)
        }
    }

    /// Waits at `routers`, at most two, and tells nobody its endpoint any more.
    func hide(at routers: [Endpoint]) async {
        guard let listener = listener.withLock({ $0 }) else { return }
        let (reached, told) = AsyncStream.makeStream(of: [Endpoint].self)
        let waiting = RouterPlaces(
            listener: listener, dialer: SessionDialer(setup: setup, threads: threads),
            time: SystemTime(), sleeper: SystemSleeper(), random: SystemRandom()
        ) { told.yield($0) }
        places.withLock { $0 = waiting }
        await waiting.offer(routers)
        for await current in reached where Set(current) == Set(routers) { break }
    }

    var endpoint: Endpoint? { listener.withLock { $0?.localEndpoint } }
    var address: String {
        let isHidden = places.withLock { $0 != nil }
        let endpoints = isHidden ? [] : endpoint.map { [$0] } ?? []
        return NodeAddress(user: user, endpoints: endpoints).description
    }
    var supplier: SupplierID { store.supplier }

    func fragmentCount(of owner: UserID) throws -> Int {
        try store.list(of: owner, after: nil, limit: 100_000).count
    }
    func usage() throws -> StoreUsage { try store.usage() }

    /// The same as an index says that is made from a list of the bucket, on another machine.
    func usageMadeAnew(_ bucket: BucketClient) throws -> StoreUsage {
        let place = directory + "-anew"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        for name in ["supplier.key", "format"] {
            try FileManager.default.copyItem(
                atPath: "\(directory)/\(name)", toPath: "\(place)/\(name)")
        }
        let disk = ObjectDisk(
            root: place, storage: bucket, random: SystemRandom(), takesOver: true)
        let store = try SupplierDirectory.open(at: place, disk: disk)
            .store(StoreOptions(capacity: 4 << 30))
        defer { store.close() }
        return try store.usage()
    }
    var customerCount: Int { customers.withLock { $0.count } }

    /// Cuts everybody off at once.
    func stop() async {
        let waiting = places.withLock { places in
            defer { places = nil }
            return places
        }
        await waiting?.stop()
        let open = listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        await open?.close()
    }

    func end() async {
        await stop()
        store.close()
    }

    private func answer(
        _ peer: SessionPeer, _ request: SessionRequest
    ) async throws -> SessionResponse {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { [self] in
                continuation.resume(with: Result { try answerBlocking(peer, request) })
                let count = answered.withLock { count in
                    count += 1
                    return count
                }
                afterRequest.withLock { $0 }?(count)
            }
        }
    }

    private func answerBlocking(
        _ peer: SessionPeer, _ request: SessionRequest
    ) throws -> SessionResponse {
        let count = request.payload.byteCount
        let payload = PageBuffer(byteCount: max(1, count))
        request.payload.withBytes { span in
            span.withUnsafeBytes { payload[0..<count].copyMemory(from: $0) }
        }
        let room = PageBuffer(byteCount: request.responseLengthMax + 64)
        let answer = try answer(peer, request, payload, room)
        given.withLock { $0 += answer.payloadByteCount }
        if (try? store.contract(of: peer.userID)) ?? nil != nil {
            customers.withLock { _ = $0.insert(peer.userID) }
        }
        return SessionResponse(
            header: answer.header,
            payload: SessionPayload(
                copying: UnsafeRawBufferPointer(room[0..<answer.payloadByteCount]).bytes))
    }
}

extension SupplierNode {
    /// The store's answer, or what a liar makes of it.
    ///
    /// - Parameter room: more than was asked for, for those who say more.
    private func answer(
        _ peer: SessionPeer, _ request: SessionRequest, _ payload: PageBuffer, _ room: PageBuffer
    ) throws(SessionRefusal) -> (header: [UInt8], payloadByteCount: Int) {
        let count = request.payload.byteCount
        let parts = count == 0 ? [] : [PayloadPart(payload, 0..<count)]
        let identity = PeerIdentity(user: peer.userID, device: peer.deviceID)
        guard let lie = lie.withLock({ $0 }) else {
            let answer = server.answer(request.header, payload: parts, from: identity) {
                $0 <= request.responseLengthMax ? room[0..<$0] : nil
            }
            return (answer.header, answer.payloadByteCount)
        }
        let liar = lying.withLock { liars in
            if let known = liars[peer.userID] { return known }
            let made = LyingSupplier(lie, before: LocalChannel(to: server, as: identity))
            liars[peer.userID] = made
            return made
        }
        let asked = ChannelRequest(
            header: request.header, payload: parts,
            deadline: SystemTime().uptime + Limits.requestTime)
        do {
            let target = request.responseLengthMax == 0 ? nil : room.bytes
            let answer = try liar.exchange(asked, into: target)
            return (answer.header, min(answer.payloadByteCount, room.byteCount))
        } catch {
            // Who says nothing is not waited for in a test.
            throw .timedOut
        }
    }

    /// Lies told so far.
    var lieCount: Int { lying.withLock { $0.values.reduce(0) { $0 + $1.count } } }
}

/// Work that blocks, on a thread that may: a test's own belongs to the cooperative pool.
func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Result { try body() }) }
        thread.start()
    }
}
