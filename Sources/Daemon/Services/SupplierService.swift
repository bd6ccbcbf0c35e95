internal import APIModel
internal import DHT
internal import Identities
internal import Logging
internal import Model
internal import Networking
internal import Services
internal import Settings
internal import Suppliers

/// Donates disk space: opens the disks, answers customers, tells the network.
actor SupplierService: ServiceBody {
    private let parts: NodeParts
    private let log: Logger
    private var supplier: RunningSupplier?
    private var offers: OfferMaker?
    private var work: [Task<Void, Never>] = []
    private var state: StateMachine?
    /// Nodes that tried to come here and did not.
    private var failedReach = 0
    /// Uptime in nanoseconds.
    private var nextReachTest: UInt64 = 0
    /// The DHT's node that was told, and under which topic.
    private var announced: (node: DHTNode, topic: NodeID)?

    init(parts: NodeParts) {
        self.parts = parts
        log = parts.logs.logger("supplier")
    }

    func start() async throws {
        let disks = try await open()
        do {
            let device = try await parts.identity.deviceKeys()
            let offers = OfferMaker(
                certificate: device.certificate, device: device.key, supplier: disks.key,
                time: parts.setting.time)
            let configuration = parts.configuration
            let supplier = try RunningSupplier(
                disks: disks, offers: offers, known: parts.hub.known, time: parts.setting.time,
                values: { configuration.values },
                gifts: { [files = parts.friends, time = parts.setting.time, hub = parts.hub] in
                    RunningSupplier.Gifts(
                        byUser: files.book.gifts,
                        reserved: files.invitations.reserved(at: time.now),
                        // Who has published nothing has joined nothing: friends only.
                        isPublic: hub.known.document(of: device.certificate.userID) != nil)
                })
            self.supplier = supplier
            self.offers = offers
        } catch {
            disks.store.close()
            throw error
        }
        guard let supplier else { return }
        state = parts.registry.register("customers_rejector", state: "READY")
        parts.supplier.fill(supplier)
        await upkeep()
        parts.hub.handlers.register(
            RunningSupplier.magic, screen: { await supplier.screen($0, $1, $2) },
            { try await supplier.answer($0, $1) })
        work = [
            Task { [weak self] in await self?.keepUp() },
            Task { [weak self] in await self?.followSettings() },
            Task { [weak self] in await self?.reclaim() },
        ]
        let usage = try? disks.store.usage()
        let customers = countText(disks.store.contracts.count, "customer")
        log.info("serving \(customers), \(usage?.used ?? 0) bytes")
    }

    func stop() async {
        parts.hub.handlers.register(RunningSupplier.magic, nil)
        // They may be dialling somebody: they see that there is no supplier any more and end.
        for task in work { task.cancel() }
        let ended = supplier
        (supplier, offers, state, work) = (nil, nil, nil, [])
        parts.supplier.fill(nil)
        await retract()
        await ended?.close()
    }

    // MARK: Disks

    /// On a thread of its own: a bucket may let itself be waited for.
    private func open() async throws -> SupplierDisks {
        let values = parts.values
        let paths = values.donatedPaths(home: parts.home)
        let known = SupplierDiskList.read(parts.home)
        let places = DonatedPlaces(
            home: parts.home, values: values, threads: parts.threads, setting: parts.setting)
        let opening = BlockingWork(threadCount: 1)
        let disks: SupplierDisks
        do {
            disks = try await opening.perform {
                try SupplierDisks.open(
                    paths, known: known, capacity: values.donatedByteCount,
                    random: places.setting.random, locate: places.locate)
            }
            await opening.stop()
        } catch {
            await opening.stop()
            let alert = SupplierAlert.closed(
                path: paths.first ?? "", reason: SupplierAlert.reason(error))
            throw Failure(
                alert.code, .cannotCreate, "the donated disks cannot be used",
                cause: alert.message, remedy: alert.remedy)
        }
        places.forgetOrders(disks.store.slots.map(\.name))
        try SupplierDiskList.write(
            known.union(disks.store.slots.map(\.name)), parts.home)
        return disks
    }

    // MARK: Upkeep

    private func keepUp() async {
        repeat {
            await testReach()
            await upkeep()
            await announce()
        } while (try? await parts.setting.sleeper.sleep(
            nanoseconds: Limits.supplierUpkeepInterval)) != nil
    }

    private func followSettings() async {
        for await values in parts.configuration.store.updates() {
            supplier?.disks.store.setCapacity(values.donatedByteCount)
            await upkeep()
            await announce()
        }
    }

    /// Looks after what changes without being asked: due tombstones, disks, addresses.
    private func upkeep() async {
        guard let supplier else { return }
        let donated = parts.values.donatedByteCount
        state?.enter("CAPACITY?")
        let alerts = try? await supplier.work.perform {
            // What cannot be done now is due the next time too.
            try? supplier.server.performDueTombstones()
            return SupplierAlert.all(supplier.disks, donated: donated)
        }
        state?.enter("READY")
        guard self.supplier === supplier else { return }
        if var alerts {
            let port = await parts.hub.localEndpoint?.port ?? 0
            // Who is reached through routers needs no port.
            let isRouted = parts.routing.reachedBy?.isEmpty == false
            if failedReach > 0, !isRouted {
                alerts.append(.unreachable(port: port, asked: failedReach))
            }
            await tell(alerts)
        }
        offers?.moved(to: await parts.ownEndpoints())
        await leaveIfDone(supplier)
    }

    /// Ends the service of a supplier that leaves, when nobody needs it or its term is over.
    private func leaveIfDone(_ supplier: RunningSupplier) async {
        guard let end = supplier.departure.end,
            let needed = try? await supplier.answers.perform({ supplier.neededFragmentCount() })
        else { return }
        let isOver = parts.setting.time.now.nanoseconds / 1_000_000_000 >= end
        guard needed == 0 || isOver else { return }
        let rest = countText(needed, "fragment was", "fragments were")
        log.notice("left: \(rest) still needed; nothing was deleted")
        do {
            try parts.configuration.set(ServiceSettings.enabled(.supplier).key.path, "false")
        } catch {
            log.error("\(NodeProcess.text(error))")
        }
    }

    /// Gives back the space of what was given up, slowly.
    private func reclaim() async {
        let sleeper = parts.setting.sleeper
        repeat {
            var removed = 0
            while let supplier, !Task.isCancelled,
                let step = try? await supplier.work.perform({
                    try supplier.disks.store.compact()
                })
            {
                removed += step.removedLength
                // Each byte is read and written.
                let nanoseconds = UInt64(2 * step.copiedLength) * 1_000_000_000
                try? await sleeper.sleep(
                    nanoseconds: nanoseconds / UInt64(Limits.compactionRate))
            }
            if removed > 0 { log.info("\(removed) bytes of what was given up are free again") }
        } while (try? await sleeper.sleep(
            nanoseconds: Limits.supplierUpkeepInterval)) != nil
    }

    /// Has others of the network come here; nobody is asked when somebody from outside came.
    private func testReach() async {
        let uptime = parts.setting.time.uptime
        if await parts.hub.isReached {
            failedReach = 0
            return
        }
        guard uptime >= nextReachTest else { return }
        let places = await ReachPlaces(parts: parts).find()
        guard !places.isEmpty else { return }
        failedReach = await parts.hub.testReach(asking: places) ?? 0
        nextReachTest =
            uptime + (failedReach > 0 ? Limits.reachRetryInterval : Limits.reachTestInterval)
    }

    private func tell(_ alerts: [SupplierAlert]) async {
        let (raised, cleared) = parts.supplier.tell(alerts)
        for alert in raised {
            log.error("\(alert.code): \(alert.message); \(alert.remedy)")
            await parts.events.publish("supplier-alert", alert.value)
        }
        for alert in cleared { log.notice("over: \(alert.message)") }
    }

    // MARK: The DHT

    private func announce() async {
        let values = parts.values
        guard !values[SupplierSettings.isPaused], !values[SupplierSettings.isLeaving],
            let node = parts.dht.current, let place = await parts.hub.localEndpoint
        else { return await retract() }
        let topic = Role.supplier.topic(in: parts.networkName)
        if let announced, announced.node === node, announced.topic == topic { return }
        await retract()
        guard supplier != nil else { return }
        announced = (node, topic)
        // Repeated by the node of the DHT until it is retracted.
        let answer = await node.perform(.announce(topic, port: place.port))
        log.debug("announced as supplier: \(answer)")
    }

    private func retract() async {
        guard let (node, topic) = announced else { return }
        announced = nil
        _ = await node.perform(.retract(topic))
    }
}

/// The directories that have been the supplier's: a disk that is away is not made anew.
enum SupplierDiskList {
    static func read(_ home: NodeHome) -> Set<String> {
        guard let bytes = try? HomeFile.readIfThere(home.supplierDisks, limit: 1 << 20),
            let text = String(validating: bytes, as: UTF8.self)
        else { return [] }
        return Set(text.split(separator: "\n").map(String.init))
    }

    static func write(_ paths: Set<String>, _ home: NodeHome) throws(Failure) {
        let text = paths.sorted().map { $0 + "\n" }.joined()
        try HomeFile.write(Array(text.utf8), to: home.supplierDisks)
    }
}

extension SettingValues {
    /// The directories that are donated, in the order in which they were named.
    func donatedPaths(home: NodeHome) -> [String] {
        let named = self[SupplierSettings.donatedPaths]
        return named.isEmpty ? [home.supplier] : named
    }
}

extension NodeParts {
    /// What separates the roles of one network in the DHT from those of another.
    var networkName: String { networks.current?.name ?? "" }

    /// Where others may reach this node, as far as it knows: as the settings say, as its document
    /// says, and where it listens.
    func ownEndpoints() async -> [Endpoint] {
        guard let listening = await hub.localEndpoint else { return [] }
        var found: [Endpoint] = []
        if let address = values[NetworkSettings.externalAddress] {
            found.append(Endpoint(address, port: listening.port))
        }
        for contact in await identity.document?.content.contacts ?? []
        where contact.transport == "tcp" {
            if let endpoint = contact.endpoint { found.append(endpoint) }
        }
        if listening.address.bytes.contains(where: { $0 != 0 }) { found.append(listening) }
        var seen: Set<Endpoint> = []
        return found.filter { seen.insert($0).inserted }
    }
}
