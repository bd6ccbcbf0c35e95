internal import Catalogs
internal import Chunking
internal import Hashing
internal import Identities
internal import Model
internal import Placement
internal import Sealing
internal import Suppliers
internal import Synchronization

/// One customer on this machine: the identity, the catalog and the suppliers, open for one command.
///
/// Thread rules: any thread may call; one operation at a time.
package final class Customer: Sendable {
    package let home: Home
    package let adapters: Adapters
    let machine: MachineKeys
    let certificate: DeviceCertificate
    let owner: BlockWriter.Owner
    let catalog: Catalog
    let suppliers = Mutex<[OpenSupplier]>([])
    private let index = Mutex<ChunkIndex?>(nil)
    private let weakestBlock = Mutex<Int?>(nil)
    private let lock: HomeLock

    init(
        home: Home, lock: HomeLock, adapters: Adapters, machine: MachineKeys
    ) throws {
        self.home = home
        self.lock = lock
        self.adapters = adapters
        self.machine = machine
        self.certificate = try DeviceCertificate(decoding: machine.certificate)
        self.owner = BlockWriter.Owner(
            user: machine.user, device: try DeviceKey(seed: machine.deviceSeed),
            keys: machine.repositoryKeys)
        self.catalog = try Customer.openCatalog(home)
    }

    static func openCatalog(_ home: Home) throws -> Catalog {
        do {
            return try Catalog(path: String(decoding: home.catalog, as: UTF8.self))
        } catch {
            // SQLite does not say why it cannot make a file.
            if Failure.isHomeFull(error) || HomeRoom(at: home.catalog)?.isFull == true {
                throw Failure.homeFull(home.path)
            }
            throw Failure(
                "BD-CATALOG", .inputOutput, "The catalog cannot be opened",
                cause: error.reason,
                remedy: "move \(displayText(home.catalog)) aside and run `bitdust recover` with "
                    + "your key file: the suppliers have a copy")
        }
    }

    package static func exists(home: Home) -> Bool { FileAccess.exists(home.machineKeys) }

    /// Whether anything was ever to be stored from this home: a node that only gives has nothing.
    package static func hasCatalog(home: Home) -> Bool { FileAccess.exists(home.catalog) }

    /// Opens an identity that is there.
    ///
    /// - Parameter isBackground: ``isWanted`` says when to give way to another command.
    package static func open(
        home: Home, adapters: Adapters, isBackground: Bool = false
    ) throws -> Customer {
        guard exists(home: home) else {
            throw Failure(
                "BD-NO-IDENTITY", .noIdentity, "There is no identity in \(displayText(home.path))",
                remedy: "run `bitdust backup PATH`, which makes one, or `bitdust recover FILE`")
        }
        let lock = try HomeLock(home, isBackground: isBackground)
        let bytes = try FileAccess.read(home.machineKeys, byteCountMax: Limits.headLengthMax)
        let machine: MachineKeys
        do {
            machine = try MachineKeys(decoding: bytes)
        } catch {
            throw Failure(
                "BD-MACHINE-KEYS", .badData, "\(displayText(home.machineKeys)) is damaged",
                cause: "\(error)",
                remedy: "move it aside and run `bitdust recover` with your key file")
        }
        let customer = try Customer(home: home, lock: lock, adapters: adapters, machine: machine)
        try customer.openKnownSuppliers()
        // Suppliers that refuse it keep nobody from reading; the next backup sends a newer one.
        try? customer.publishPendingHead()
        return customer
    }

    /// Another command waits for the home.
    package var isWanted: Bool { lock.isWanted }

    package func close() {
        for supplier in suppliers.withLock({ $0 }) { supplier.store?.close() }
        catalog.close()
        lock.release()
    }

    // MARK: What the operations share

    /// Which chunks are stored; read from the catalog once.
    func chunkIndex() throws -> ChunkIndex {
        if let known = index.withLock({ $0 }) { return known }
        let fresh = ChunkIndex()
        let online = Set(suppliers.withLock { $0.filter { $0.store != nil }.map(\.record.id) })
        var weakest: Int?
        try catalog.forEachBlock { row in
            if row.descriptor.kind != .catalog { fresh.record(row.frames, blockRow: row.id) }
            weakest = min(weakest ?? .max, row.health(online: online).lossesTolerated)
        }
        index.withLock { $0 = fresh }
        weakestBlock.withLock { $0 = weakest }
        return fresh
    }

    /// Suppliers that may go before a block is lost that was stored before this command; `nil`
    /// when there was none.
    var lossesToleratedBefore: Int? { weakestBlock.withLock { $0 } }

    /// Forgets the chunks in memory: those that a failed backup claimed were never stored.
    func dropChunkIndex() {
        index.withLock { $0 = nil }
    }

    func makeChunker() throws -> Chunker {
        let key = owner.keys.chunker.withBytes { Bytes32($0) }
        let expanded = BLAKE3.extendedHash(
            Array("bitdust gear table v1".utf8).span.bytes, mode: .keyed(key),
            byteCount: GearTable.expandedByteCount)
        return Chunker(table: GearTable(expanding: expanded))
    }

    /// The family and the scheme of a backup.
    ///
    /// - Parameter onlyOnline: leaves out who does not answer now, and not only who is gone.
    func plan(_ redundancy: Redundancy, onlyOnline: Bool = false) throws -> FamilyPlan {
        let review = try review()
        let gone = Set(review.replaced).subtracting(review.standIns)
        let open = try employed().filter {
            !gone.contains($0.record.id) && (!onlyOnline || $0.store != nil)
        }
        do {
            let scheme = try redundancy.scheme(supplierCount: open.count)
            let online = open.filter { $0.store != nil }
            guard online.count >= FamilyPlan.receiptsNeeded(scheme) else {
                throw Failure.suppliersMissing(open, need: FamilyPlan.receiptsNeeded(scheme))
            }
            let family = online.count >= scheme.fragmentCount ? online : open
            return try FamilyPlan(suppliers: family.map(\.record.id), scheme: scheme)
        } catch let error as PlacementError {
            throw Failure(error)
        }
    }

    /// Whether some of those that new blocks go to are nodes of the network.
    var hasFarSuppliers: Bool {
        get throws { try employed().contains { NodeAddress.isOne($0.record.address) } }
    }

    /// - Parameter report: hears how many suppliers answer whenever that changes.
    func makeLanes(
        _ scheme: ErasureScheme, cancellation: Cancellation,
        report: @escaping @Sendable (_ answering: Int) -> Void
    ) throws -> (lanes: [SupplierLane], board: LaneBoard) {
        let open = try employed()
        let board = LaneBoard(
            online: Set(open.indices.filter { open[$0].store != nil }),
            needed: FamilyPlan.receiptsNeeded(scheme), cancellation: cancellation, report: report)
        let lanes = open.enumerated().map { number, supplier in
            SupplierLane(
                supplier, number: number, directory: directory(of: supplier.record), board: board,
                patience: adapters.patience, time: adapters.time
            ) { [self] need in
                supplier.store.map { grow($0, by: need) } ?? false
            }
        }
        return (lanes, board)
    }

    func publisher(_ parts: BackupParts) -> CatalogPublisher {
        CatalogPublisher(
            catalog: catalog, stage: parts.stage, ledger: parts.ledger, owner: owner,
            certificate: machine.certificate, random: adapters.random,
            suppliers: suppliers.withLock { $0.map(\.record) },
            pageLength: parts.sizes.pageLength)
    }

    /// - Parameters:
    ///   - isSparing: a few files are wanted, not all.
    ///   - index: where chunks are; `nil` for all of them.
    ///   - patience: with suppliers that stop answering; none when `nil`.
    func makeReading(
        isSparing: Bool, index: (any ChunkLocator)? = nil, patience: FetchPatience? = nil
    ) throws -> Reading {
        let open = suppliers.withLock { $0 }
        return try Reading(
            suppliers: open, user: owner.user, catalog: catalog, index: try index ?? chunkIndex(),
            keys: owner.keys, adapters: adapters, isSparing: isSparing, patience: patience)
    }

    /// How a command that reads waits for suppliers that stop answering.
    ///
    /// - Parameters:
    ///   - report: hears how many do not answer, whenever that changes.
    ///   - waiting: hears whom the command waits for, each time that it begins.
    func makePatience(
        cancellation: Cancellation, report: @escaping @Sendable (_ silent: Int) -> Void = { _ in },
        waiting: @escaping @Sendable (SupplierWait) -> Void
    ) -> FetchPatience {
        FetchPatience(
            adapters.patience, time: adapters.time, cancellation: cancellation, report: report
        ) { [self] awaited, until in
            let records = suppliers.withLock { $0.map(\.record) }
            waiting(
                SupplierWait(suppliers: records.filter { awaited.contains($0.id) }, until: until))
        }
    }
}

extension BlockRow {
    /// What is left of the block when only these suppliers answer.
    func health(online: Set<SupplierID>) -> BlockHealth {
        let present = zip(descriptor.places, receipts).count { $1 && online.contains($0.supplier) }
        return BlockHealth(scheme: descriptor.scheme, presentCount: present)
    }
}

extension RepositoryKeys {
    /// Key of the keyed BLAKE3 that names chunks.
    var chunkKey: Bytes32 { chunkID.withBytes { Bytes32($0) } }
}
