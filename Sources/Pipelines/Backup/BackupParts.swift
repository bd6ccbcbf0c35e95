internal import Catalogs
internal import Chunking
internal import Model
internal import Placement
internal import Sealing

/// The stages of one backup and what joins them.
struct BackupParts: Sendable {
    let sizes: StoringSizes
    let chunker: Chunker
    let chunkKey: Bytes32
    let index: ChunkIndex
    let tally: Tally
    let outcome: Outcome
    let cancellation: Cancellation
    let files: BoundedQueue<FileJob>
    let frames: BoundedQueue<FrameJob>
    let framePool: BufferPool
    let ledger: BlockLedger
    let lanes: [SupplierLane]
    let stage: SealingStage
    let objects: ObjectWriter
    /// Rows of the blocks that the snapshot needs and that this run stored or met.
    let rows = RowSet()

    /// - Parameter isDryRun: reads, cuts and compresses, and stores nothing.
    init(
        customer: Customer, plan: FamilyPlan, request: BackupRequest, tally: Tally,
        cancellation: Cancellation, isDryRun: Bool
    ) throws {
        let adapters = customer.adapters
        let keys = customer.owner.keys
        let outcome = Outcome()
        self.outcome = outcome
        self.tally = tally
        self.cancellation = cancellation
        self.sizes = StoringSizes(
            scheme: plan.scheme, workerCount: adapters.workerCount,
            memoryByteCount: adapters.memoryByteCount, isFar: try customer.hasFarSuppliers)
        self.chunker = try customer.makeChunker()
        self.chunkKey = keys.chunkKey
        self.index = try customer.chunkIndex()
        self.files = BoundedQueue(countMax: 8192)
        self.frames = BoundedQueue(countMax: 2)
        self.framePool = BufferPool(countMax: sizes.frameCount, byteCount: Limits.frameLengthMax)
        let plaintextPool = BufferPool(
            countMax: sizes.plaintextCount, byteCount: sizes.blockLength.sealedLength)
        let stripePool = BufferPool(
            countMax: sizes.stripeCount, byteCount: sizes.stripeByteCount)
        self.ledger = BlockLedger(
            catalog: customer.catalog, index: index, tally: tally, outcome: outcome, rows: rows)
        let (lanes, board) = try customer.makeLanes(plan.scheme, cancellation: cancellation) {
            answering in tally.update { $0.suppliersOnline = answering }
        }
        self.lanes = lanes
        let blockCount = try customer.catalog.blockCount()
        let writer = BlockWriter(
            owner: customer.owner, random: adapters.random, plan: plan, lanes: lanes,
            plaintextPool: plaintextPool, stripePool: stripePool, ledger: ledger,
            firstBlockNumber: blockCount)
        self.stage = SealingStage(
            compression: request.compression, framePool: framePool,
            plaintextPool: plaintextPool, blockLength: sizes.blockLength,
            writer: isDryRun ? nil : writer, tally: tally)
        self.objects = ObjectWriter(
            chunker: chunker, key: chunkKey, index: index, tally: tally,
            builder: FrameBuilder(
                kind: .tree, lengthMax: sizes.frameLength, pool: framePool, queue: frames),
            rows: rows)
        outcome.onFailure { [files, frames, framePool] in
            board.abort()
            files.abort()
            frames.abort()
            framePool.abort()
            plaintextPool.abort()
            stripePool.abort()
        }
    }

    /// Starts `count` threads that run a stage; what it throws stops the others.
    func start(_ count: Int, _ body: @escaping @Sendable () throws -> Void) -> [WorkerThread] {
        (0..<count).map { _ in WorkerThread { outcome.run(body) } }
    }
}
