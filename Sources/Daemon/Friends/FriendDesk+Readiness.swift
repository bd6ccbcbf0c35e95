internal import Glibc
internal import Identities
internal import Model
internal import Networking
internal import Services
internal import Settings

/// What a node needs before it can have friends: an identity, a port, room.
extension FriendDesk {
    /// Makes an identity when there is none, as a first backup does.
    ///
    /// - Returns: the user, and where others may reach the node.
    /// - Throws: `BD-NO-PORT`, `BD-NO-PLACE`.
    func ready() async throws(Failure) -> (UserID, PeerAddresses) {
        let user: UserID
        do {
            user = try await parts.identity.ensureKeys()
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure("BD-NO-IDENTITY", .noIdentity, "no identity: \(error)")
        }
        guard await parts.hub.localEndpoint != nil else {
            let reason = await parts.runner.failure(of: .tcpConnections)
            throw Failure(
                "BD-NO-PORT", .failed, "this node opens no port for others", cause: reason,
                remedy: "`bitdust services start tcp-connections`; `bitdust doctor` says more")
        }
        let places = await places()
        guard !places.isEmpty else {
            throw Failure(
                "BD-NO-PLACE", .failed, "no address is known where others could reach this node",
                remedy: "`bitdust set services/network/external-address ADDRESS`")
        }
        return (user, places)
    }

    /// Where others may look for this node, places from outside first.
    func places() async -> PeerAddresses {
        guard let listening = await parts.hub.localEndpoint else { return PeerAddresses() }
        var direct: [Endpoint] = []
        if parts.values[NetworkSettings.externalAddress] == nil,
            let seen = await parts.dht.status?.externalAddress, !seen.isLocal
        {
            direct.append(Endpoint(seen, port: listening.port))
        }
        direct += await parts.ownEndpoints()
        let isOpenToAll = listening.address.bytes.allSatisfy { $0 == 0 }
        if isOpenToAll {
            direct += LocalAddresses.all.map { Endpoint($0, port: listening.port) }
        }
        var seen: Set<Endpoint> = []
        direct = direct.filter { seen.insert($0).inserted }
        // In the order given otherwise: those of the world come before those of this house.
        direct = direct.filter { !$0.address.isLocal } + direct.filter { $0.address.isLocal }
        let half = Limits.friendPlaceCountMax / 2
        var routers: [Endpoint] = []
        for router in parts.routing.reachedBy ?? [] where !routers.contains(router) {
            routers.append(router)
        }
        return PeerAddresses(
            direct: Array(direct.prefix(half)), routers: Array(routers.prefix(half)))
    }

    /// How this node calls itself to friends.
    func ownName() async -> DisplayName {
        let text = await parts.identity.document?.name.text ?? parts.setting.userName
        return DisplayName(text) ?? DisplayName("friend")!
    }

    // MARK: Room

    /// Sees to it that `gift` bytes can be promised beside all that is promised already: switches
    /// the supplier on and donates more when that is needed.
    ///
    /// - Parameter user: whose gift it is, when that is known.
    /// - Returns: what was changed, for people.
    /// - Throws: `BD-GIFT-ROOM`, `BD-SUPPLIER-PAUSED`, `BD-SUPPLIER-OFF`.
    func makeRoom(for gift: Int, of user: UserID?) async throws(Failure) -> [String] {
        let values = parts.values
        guard !values[SupplierSettings.isPaused], !values[SupplierSettings.isLeaving] else {
            throw Failure(
                "BD-SUPPLIER-PAUSED", .failed, "this supplier takes nothing new",
                remedy: "`bitdust supplier resume`, or `bitdust supplier leave --cancel`")
        }
        var notes: [String] = []
        let wasOff = !values[ServiceSettings.enabled(.supplier)]
        if wasOff {
            try parts.configuration.set("services/supplier/enabled", "true")
            notes.append("The supplier of this node is on now.")
        }
        let isOn = await parts.runner.wait(
            for: .supplier, in: [.on], within: Limits.supplierStartPatience)
        guard isOn, let supplier = parts.supplier.current else {
            let reason = await parts.runner.failure(of: .supplier)
            throw Failure(
                "BD-SUPPLIER-OFF", .failed, "the supplier of this node does not start",
                cause: reason, remedy: "`bitdust services list` says what it waits for")
        }
        let donation: Donation
        do {
            donation = try await supplier.answers.perform { supplier.donation }
        } catch {
            throw Failure("BD-SUPPLIER-OFF", .failed, "the supplier of this node has stopped")
        }
        let room = donation.room(for: user)
        guard gift <= room else {
            throw Failure(
                "BD-GIFT-ROOM", .quotaExceeded,
                "the disks of this node have room for \(DiskSpace.readable(room)) more",
                cause: "\(DiskSpace.readable(gift)) were to be given",
                remedy: "give less, or donate another disk: "
                    + "`bitdust supplier start --donate SIZE --path DIR`")
        }
        let needed = donation.needed(for: gift, to: user)
        // What was off was donated to nobody: it gives what was promised, and strangers nothing.
        if donation.donated < needed || wasOff {
            let bytes = max(needed, Limits.networkQuotaMin)
            try parts.configuration.set(
                SupplierSettings.donatedSpace.key.path, "\(DiskSpace(byteCount: UInt64(bytes)))")
            notes.append("It donates \(DiskSpace.readable(bytes)) now.")
        }
        return notes
    }
}

extension DiskSpace {
    /// `12.5 GB`: rounded down to a tenth of the largest unit that fits.
    static func readable(_ byteCount: Int) -> String {
        let units = ["B", "KB", "MB", "GB", "TB", "PB"]
        var place = 0
        while place < units.count - 1, byteCount >> (10 * (place + 1)) > 0 { place += 1 }
        let whole = byteCount >> (10 * place)
        let tenth = place == 0 ? 0 : ((byteCount >> (10 * (place - 1))) & 1023) * 10 / 1024
        return tenth == 0 ? "\(whole) \(units[place])" : "\(whole).\(tenth) \(units[place])"
    }
}

/// The addresses of this machine's network cards.
enum LocalAddresses {
    /// Those that are up, IPv4 first; the machine's own loopback when there is no other.
    static var all: [IPAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard entry.ifa_flags & UInt32(IFF_UP) != 0, let address = entry.ifa_addr,
                let read = read(address), !found.contains(read), !read.isLinkLocal
            else { continue }
            found.append(read)
        }
        let others = found.filter { !$0.isLoopback }
        let usable = others.isEmpty ? found : others
        return usable.filter { $0.bytes.count == 4 } + usable.filter { $0.bytes.count == 16 }
    }

    private static func read(_ address: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
        let memory = UnsafeRawPointer(address)
        // Where Linux has the address: behind family and port, and with IPv6 the flow label.
        let place: (offset: Int, length: Int)
        switch Int32(address.pointee.sa_family) {
        case AF_INET: place = (4, 4)
        case AF_INET6: place = (8, 16)
        default: return nil
        }
        return IPAddress(
            bytes: Array(
                UnsafeRawBufferPointer(start: memory + place.offset, count: place.length)))
    }
}

extension IPAddress {
    /// Good on one cable only, and not without the name of a card.
    fileprivate var isLinkLocal: Bool {
        switch self {
        case .v4(let word): word >> 16 == 0xa9fe
        case .v6(let high, _): high >> 54 == 0x3fa
        }
    }
}
