internal import Catalogs
internal import Hashing
internal import Identities
package import Model
internal import Sealing
internal import Suppliers
internal import Synchronization

/// What a recovery found.
package struct RecoveryReport: Sendable {
    package var identity: IdentitySummary
    package var suppliersAnswered: Int
    /// Of the scheme of the catalog blocks.
    package var suppliersNeeded: Int
    package var suppliersTotal: Int
    package var headSequence: UInt64
    package var catalogByteCount: UInt64
    /// Oldest first.
    package var snapshots: [(id: SnapshotID, snapshot: Snapshot)]
}

extension Customer {
    /// Makes this machine one of the identity's, from its key file and what is left of its
    /// suppliers.
    ///
    /// Key file → keys → suppliers → newest head whose signature holds → catalog blocks → catalog.
    ///
    /// One that fails leaves no catalog: the next one begins anew, in the same home.
    ///
    /// - Parameters:
    ///   - waiting: hears of suppliers that have stopped answering and are waited for.
    ///   - findSuppliers: asked where no directories are given and the key file names no node that
    ///     answers.
    ///   - keep: takes out of the catalog what else belongs into the home.
    package static func recover(
        home: Home, keyFile: [UInt8], supplierDirectories: [[UInt8]], deviceName: String,
        adapters: Adapters, cancellation: Cancellation = Cancellation(),
        waiting: @escaping @Sendable (SupplierWait) -> Void = { _ in },
        findSuppliers: (RecoverySearch) throws -> [String] = { _ in [] },
        keep: (Customer) throws -> Void = { _ in }, passphrase: () throws -> [UInt8]
    ) throws -> (Customer, RecoveryReport) {
        let (root, _) = try readKeyFile(at: keyFile, passphrase: passphrase)
        try home.create()
        let lock = try HomeLock(home)
        let machine = try machineForRecovery(
            root, home: home, deviceName: deviceName, adapters: adapters)
        // A recovery that was killed left a catalog that nobody has used.
        try removeCatalog(of: home)
        var customer: Customer?
        var need: UInt64?
        do {
            let new = try Customer(home: home, lock: lock, adapters: adapters, machine: machine)
            customer = new
            try new.setName(root.name)
            let hints = supplierHints(in: try FileAccess.read(keyFile, byteCountMax: 64 << 10))
            let found = try new.findForRecovery(
                try supplierDirectories.map {
                    String(decoding: try Customer.absolute($0), as: UTF8.self)
                }, hints: hints, findSuppliers)
            try cancellation.check()
            let patience = new.makePatience(cancellation: cancellation, waiting: waiting)
            let report = try new.recoverCatalog(from: found, patience) { need = $0 }
            try keep(new)
            if !exists(home: home) {
                try OwnIdentity(home: home, machine: machine)
                    .begin(RootAuthority(root.seed, user: root.user, name: root.name.text))
                try FileAccess.publish(machine.encoded, at: home.machineKeys)
            }
            return (new, report)
        } catch {
            customer?.catalog.close()
            try? removeCatalog(of: home)
            customer?.close()
            throw Failure.isHomeFull(error) ? Failure.homeFull(home.path, need: need) : error
        }
    }

    private static func removeCatalog(of home: Home) throws {
        for suffix in ["", "-wal", "-shm"] {
            try FileAccess.remove(home.catalog + Array(suffix.utf8))
        }
    }

    /// New keys; or those of a machine that has just become one of the identity's and has stored
    /// nothing yet.
    static func machineForRecovery(
        _ root: KeyFile, home: Home, deviceName: String, adapters: Adapters
    ) throws -> MachineKeys {
        guard exists(home: home) else {
            return try enrol(
                root.seed, deviceName: deviceName,
                sequence: UInt64(clamping: adapters.time.now.nanoseconds), adapters: adapters)
        }
        let bytes = try FileAccess.read(
            home.machineKeys, byteCountMax: Limits.machineKeysLengthMax)
        let isUsed: Bool
        do {
            let catalog = try openCatalog(home)
            defer { catalog.close() }
            isUsed = try !catalog.suppliers().isEmpty || catalog.newestHead() != nil
        }
        guard let machine = try? MachineKeys(decoding: bytes), machine.user == root.user, !isUsed
        else {
            throw Failure(
                "BD-IDENTITY-EXISTS", .cannotCreate,
                "There is an identity in \(displayText(home.path)) already",
                remedy: "recover into an empty home: --home DIR")
        }
        return machine
    }

    /// - Parameter needs: hears about how many bytes the catalog takes in the home.
    private func recoverCatalog(
        from found: [OpenSupplier], _ patience: FetchPatience, needs: (UInt64) -> Void
    ) throws -> RecoveryReport {
        let (head, body) = try newestHead(found)
        let open = inParallel(body.suppliers) { [self] record -> OpenSupplier in
            if let here = found.first(where: { $0.record.id == record.id }) { return here }
            guard NodeAddress.isOne(record.address) else {
                return OpenSupplier(record: record, store: nil, failure: NotGiven())
            }
            return openKnown(record)
        }
        let names = Set(open.map(\.record.id))
        for stranger in found where !names.contains(stranger.record.id) {
            stranger.store?.close()
        }
        suppliers.withLock { $0 = open }
        let pages = try readPages(body.catalogBlocks, stores: open.stores, patience)
        needs(Limits.catalogRoomMin + Limits.catalogRoomFactor * pages.plainByteCount)
        let here = HeadBody(suppliers: open.map(\.record), catalogBlocks: body.catalogBlocks)
        try catalog.adopt(
            rows: pages.rows, catalogBlocks: pages.blocks, head: head, body: here
        ) { SnapshotID(BLAKE3.hash($0.encoded().span.bytes)) }
        return RecoveryReport(
            identity: identity, suppliersAnswered: open.count { $0.store != nil },
            suppliersNeeded: body.catalogBlocks.last?.scheme.dataCount ?? 1,
            suppliersTotal: open.count, headSequence: head.sequence,
            catalogByteCount: pages.byteCount, snapshots: try snapshots())
    }

    /// Opens what was named, else what the key file names, else what the network shows.
    private func findForRecovery(
        _ places: [String], hints: [String], _ search: (RecoverySearch) throws -> [String]
    ) throws -> [OpenSupplier] {
        var reasons: [String] = []
        func attempt(_ places: [String]) -> [OpenSupplier] {
            let results = inParallel(places) { [self] place in
                (place, Result { try openForRecovery(at: place) })
            }
            var found: [OpenSupplier] = []
            for (place, result) in results {
                do {
                    let supplier = try result.get()
                    if found.contains(where: { $0.record.id == supplier.record.id }) {
                        supplier.store?.close()
                    } else {
                        found.append(supplier)
                    }
                } catch {
                    reasons.append("\(displayText(place.utf8)): \(reasonText(error))")
                }
            }
            return found
        }
        var found = attempt(places.isEmpty ? hints : places)
        if found.isEmpty && places.isEmpty {
            let keys = RecoverySearch(
                caller: SupplierCaller(certificate: certificate, device: owner.device),
                keys: owner.keys)
            found = attempt(try search(keys))
        }
        guard !found.isEmpty else {
            throw Failure(
                "BD-TOO-FEW-SUPPLIERS", .tooFewSuppliers, "No supplier could be opened",
                cause: reasons.isEmpty ? nil : reasons.joined(separator: "; "),
                remedy: "join the network of your suppliers (`bitdust join CODE`), or name them: "
                    + "--from HOST,HOST or --suppliers DIR,DIR")
        }
        return found
    }

    private func openForRecovery(at place: String) throws -> OpenSupplier {
        opened(try openStore(at: place, creates: false, isNew: false))
    }

    private func newestHead(_ open: [OpenSupplier]) throws -> (Head, HeadBody) {
        guard let newest = newestHead(open, notBelow: nil) else {
            throw Failure(
                "BD-NO-HEAD", .tooFewSuppliers,
                "These suppliers hold nothing of identity \(owner.user.short)",
                remedy: "check that the key file belongs to them, and name the others")
        }
        return newest
    }

    /// Takes over what another machine of this identity has stored since, or what this home forgot
    /// when it was put back to an earlier state: the next head must not hide those snapshots.
    func adoptNewerHead() throws {
        let open = suppliers.withLock { $0 }
        let known = try catalog.newestHead()
        guard let (head, body) = newestHead(open, notBelow: known?.head), head != known?.head
        else { return }
        let ours = known?.body
        let theirs = Set(body.catalogBlocks.map(\.block))
        let blocks =
            body.catalogBlocks
            + (ours?.catalogBlocks ?? []).filter { !theirs.contains($0.block) }
        let names = Set(body.suppliers.map(\.id))
        let merged = HeadBody(
            suppliers: body.suppliers + (ours?.suppliers ?? []).filter { !names.contains($0.id) },
            catalogBlocks: blocks)
        let pages = try readPages(body.catalogBlocks, stores: open.stores)
        try catalog.adopt(
            rows: pages.rows, catalogBlocks: pages.blocks, head: head, body: merged
        ) { SnapshotID(BLAKE3.hash($0.encoded().span.bytes)) }
        dropChunkIndex()
    }

    /// The newest head that any supplier holds and that this identity has signed, from `oldest` on.
    private func newestHead(_ open: [OpenSupplier], notBelow oldest: Head?) -> (Head, HeadBody)? {
        var newest: (Head, HeadBody)?
        let user = owner.user
        let asked = open.filter { [now = adapters.time.uptime] in !$0.isEmpty(at: now) }
        for heads in inParallel(asked, { (try? $0.store?.heads(of: user)) ?? [] }) {
            for head in heads
            where head.sequence >= oldest?.sequence ?? 0
                && head.sequence > newest?.0.sequence ?? 0 && head != oldest
            {
                if let body = openHead(head) { newest = (head, body) }
            }
        }
        return newest
    }

    /// The body of a head; `nil` unless signature, certificate, owner and seal hold.
    private func openHead(_ head: Head) -> HeadBody? {
        guard head.owner == owner.user, head.repository == owner.keys.repository,
            let certificate = try? DeviceCertificate(decoding: head.certificate),
            certificate.userID == owner.user, certificate.device.deviceID == head.device,
            let signature = Signature(head.signature),
            certificate.device.isValid(signature, of: head.signedBytes, for: .head),
            let layout = SealLayout(sealedLength: head.sealedBody.count)
        else { return nil }
        let context = SealContext(
            kind: .head, repository: head.repository, plaintextLength: layout.plaintextLength)
        guard
            let plain = try? owner.keys.headSealer.open(head.sealedBody, context: context.bytes)
        else { return nil }
        return try? HeadBody(plain)
    }

    private struct Pages {
        var rows: [CatalogRow] = []
        var blocks: [(BlockDescriptor, [FrameEntry])] = []
        var byteCount: UInt64 = 0
        /// Of the rows.
        var plainByteCount: UInt64 = 0
    }

    private func readPages(
        _ descriptors: [BlockDescriptor], stores: [SupplierID: any FragmentStore],
        _ patience: FetchPatience? = nil
    ) throws -> Pages {
        let fetcher = BlockFetcher(
            stores: stores, user: owner.user, time: adapters.time, asksAtOnce: true,
            patience: patience)
        let reader = BlockContents(keys: owner.keys, fetcher: fetcher)
        var pages = Pages()
        for descriptor in descriptors {
            do {
                let block = try reader.read(descriptor)
                pages.blocks.append((descriptor, block.frames))
                pages.byteCount += UInt64(descriptor.length.sealedLength)
                for chunk in block.chunks {
                    pages.rows += try CatalogPage(chunk).rows
                    pages.plainByteCount += UInt64(chunk.count)
                }
            } catch let error as CancelledError {
                throw error
            } catch {
                let isAway = (error as? FetchError)?.isAway == true
                throw Failure(
                    "BD-CATALOG-LOST", .filesDamaged,
                    "The catalog cannot be read from these suppliers", cause: reasonText(error),
                    remedy: (isAway ? "run this again when they answer, or " : "")
                        + "name more of them: --suppliers DIR,DIR")
            }
        }
        return pages
    }
}

/// A supplier of the family that was not named.
struct NotGiven: Error, CustomStringConvertible {
    var description: String { "not among the directories given" }
}
