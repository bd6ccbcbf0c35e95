internal import Catalogs
internal import Hashing
internal import Identities
internal import Model
internal import Sealing

/// Sends the new rows of the catalog to the suppliers and writes the head that names them.
///
/// Order: catalog blocks and their receipts, then the transaction that makes the snapshot exist,
/// then the head on the suppliers. A machine that dies in between either has no snapshot, or has it
/// with a head that the next command publishes.
struct CatalogPublisher {
    let catalog: Catalog
    let stage: SealingStage
    let ledger: BlockLedger
    let owner: BlockWriter.Owner
    let certificate: [UInt8]
    let random: any RandomSource
    let suppliers: [SupplierRecord]
    /// Bytes of one page.
    let pageLength: Int

    /// Stores the rows and commits the snapshot; its head is still to be published.
    ///
    /// - Parameters:
    ///   - stored: `nil` when only places of fragments have changed.
    ///   - use: the blocks that it needs.
    func publish(
        _ stored: StoredSnapshot?, use: SourceUse? = nil, run: Int64?, written: Timestamp
    ) throws -> Head {
        let previous = try catalog.newestHead()
        let earlier = try (previous?.body.catalogBlocks ?? []).map {
            try catalog.descriptor(of: $0.block) ?? $0
        }
        let isMerge = earlier.count >= Limits.catalogBlockCountMax
        let rows = try catalog.unpublishedBlockRows()
        let notes = try catalog.notes(unpublishedOnly: !isMerge)
        try storePages(
            stored, rows: isMerge ? nil : rows, notes: notes, includesAllSnapshots: isMerge)
        try stage.finish([.catalog])
        try ledger.waitForAll()
        let new = ledger.storedCatalogBlocks.map { $0.0 }
        let body = HeadBody(suppliers: suppliers, catalogBlocks: (isMerge ? [] : earlier) + new)
        let head = try head(body, after: previous?.head, written: written)
        try catalog.commit(
            SnapshotCommit(
                snapshot: stored, head: head, body: body, publishedBlockRows: rows, run: run,
                retiredBlocks: isMerge ? earlier.map(\.block) : [], notes: notes, use: use))
        return head
    }

    /// Rows of blocks (all of them when `rows` is `nil`), then the snapshots and notes.
    private func storePages(
        _ new: StoredSnapshot?, rows: [Int64]?, notes: [OwnerNote], includesAllSnapshots: Bool
    ) throws {
        var page = PageGatherer(lengthMax: pageLength) { try self.store($0) }
        if let rows {
            for row in rows {
                if let block = try catalog.block(row: row) { try page.append(block) }
            }
        } else {
            try catalog.forEachBlock { block in
                if block.descriptor.kind != .catalog { try page.append(block) }
            }
        }
        let earlier = includesAllSnapshots ? try catalog.snapshots() : []
        for snapshot in earlier + (new.map { [$0] } ?? []) {
            try page.append(
                .snapshot(snapshot.snapshot), byteCount: snapshot.snapshot.encoded().count)
        }
        for note in notes {
            try page.append(
                .note(note), byteCount: 8 + note.name.utf8.count + note.value.count)
        }
        try page.finish()
    }

    private func store(_ page: CatalogPage) throws {
        let bytes = page.encoded()
        let id = ChunkID(BLAKE3.keyedHash(bytes.span.bytes, key: owner.keys.chunkKey))
        try stage.store(page: bytes, id: id)
    }

    private func head(_ body: HeadBody, after previous: Head?, written: Timestamp) throws -> Head {
        let plain = body.encoded()
        let repository = owner.keys.repository
        let context = SealContext(
            kind: .head, repository: repository, plaintextLength: plain.count)
        let sealed = try owner.keys.headSealer.seal(plain, random: random, context: context.bytes)
        let digest = previous.map { BLAKE3.hash($0.encoded().span.bytes) } ?? .zero
        return try Head(
            owner: owner.user, repository: repository, device: owner.device.publicKey.deviceID,
            sequence: (previous?.sequence ?? 0) + 1, previous: digest,
            written: written.nanoseconds, certificate: certificate, sealedBody: sealed
        ) { try owner.device.sign($0, for: .head).array }
    }
}

/// Gathers rows until they fill a page of at most one frame.
struct PageGatherer {
    private let byteCountMax: Int
    private var rows: [CatalogRow] = []
    private var byteCount = 0
    private let store: (CatalogPage) throws -> Void

    /// - Parameter lengthMax: bytes of an encoded page; its own fields are among them.
    init(lengthMax: Int, store: @escaping (CatalogPage) throws -> Void) {
        self.byteCountMax = lengthMax - 64
        self.store = store
    }

    mutating func append(_ block: BlockRow) throws {
        let table = FilledBlock.tableLength(block.frames)
        try append(
            .block(block.descriptor, frames: block.frames),
            byteCount: table + 64 + 64 * block.descriptor.places.count)
    }

    mutating func append(_ row: CatalogRow, byteCount: Int) throws {
        if !rows.isEmpty, self.byteCount + byteCount + 5 > byteCountMax {
            try finish()
        }
        rows.append(row)
        self.byteCount += byteCount + 5
    }

    mutating func finish() throws {
        guard !rows.isEmpty else { return }
        try store(CatalogPage(rows: rows))
        rows = []
        byteCount = 0
    }
}
