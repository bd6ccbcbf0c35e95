internal import Catalogs
internal import FileTrees
internal import Hashing
internal import Identities
internal import Model
internal import Placement
internal import Sealing

/// One backup, from the folders to the head on the suppliers.
struct Backup {
    let customer: Customer
    let request: BackupRequest
    let cancellation: Cancellation
    let tally: Tally
    let problems = ProblemList()
    let notes = ProblemList()

    init(
        customer: Customer, request: BackupRequest, cancellation: Cancellation,
        progress: @escaping @Sendable (BackupProgress) -> Void
    ) {
        self.customer = customer
        self.request = request
        self.cancellation = cancellation
        self.tally = Tally(time: customer.adapters.time, report: progress)
    }

    /// Scan → read and chunk → compress → seal → code → store; then trees, catalog, head.
    func perform() throws -> BackupReport {
        let started = customer.adapters.time.uptime
        let paths = try SourcePath.resolve(request.paths)
        let plan = try customer.plan(request.redundancy)
        if !request.isDryRun { try customer.adoptNewerHead() }
        let parts = try BackupParts(
            customer: customer, plan: plan, request: request, tally: tally,
            cancellation: cancellation, isDryRun: request.isDryRun)
        let run = request.isDryRun ? nil : try customer.catalog.beginRun()
        let setName = request.setName ?? SourcePath.setName(paths[0])
        let uses = try SourceUses(
            setName: setName, paths: paths, rows: parts.rows, index: parts.index,
            catalog: customer.catalog)
        let collector = DirectoryCollector(
            rootCount: paths.count, objects: parts.objects, catalog: customer.catalog,
            key: parts.chunkKey, run: run, tally: tally, uses: uses)
        announce(parts, plan)

        for lane in parts.lanes { lane.start() }
        defer { for lane in parts.lanes { lane.finish() } }
        try store(paths, collector: collector, parts: parts)
        try CatchUp(
            customer: customer, lanes: parts.lanes, ledger: parts.ledger,
            cancellation: cancellation
        ).perform()

        var snapshot = try makeSnapshot(
            paths, setName: setName, collector: collector, started: started)
        guard let run else {
            snapshot.counts = tally.progress.counts
            return report(nil, snapshot, parts, plan)
        }
        try collector.flushSeen()
        tally.update { $0.phase = .committing }
        let stored = StoredSnapshot(
            id: SnapshotID(BLAKE3.hash(snapshot.encoded().span.bytes)), snapshot: snapshot)
        let head = try customer.publisher(parts).publish(
            stored, use: uses.result, run: run, written: customer.adapters.time.now)
        try customer.publishHead(head)
        tally.flush()
        return report(stored.id, snapshot, parts, plan)
    }

    private func announce(_ parts: BackupParts, _ plan: FamilyPlan) {
        let online = parts.lanes.count { $0.isOnline }
        tally.update {
            $0.suppliersOnline = online
            $0.suppliersNeeded = plan.scheme.dataCount
        }
    }

    /// Runs the stages until every file and directory is stored and has its receipts.
    private func store(
        _ paths: [[UInt8]], collector: DirectoryCollector, parts: BackupParts
    ) throws {
        let readers = parts.start(parts.sizes.readerCount) { [problems, notes] in
            let builder = FrameBuilder(
                kind: .data, lengthMax: parts.sizes.frameLength, pool: parts.framePool,
                queue: parts.frames)
            let reader = FileReader(
                parts: parts, frames: builder, collector: collector, problems: problems,
                notes: notes)
            try reader.run(parts.files)
        }
        let sealers = parts.start(parts.sizes.sealerCount) {
            try parts.stage.run(parts.frames)
        }
        parts.outcome.run { try scan(paths, collector: collector, parts: parts) }
        parts.files.close()
        for thread in readers { thread.join() }
        parts.outcome.run { try parts.objects.finish() }
        parts.frames.close()
        for thread in sealers { thread.join() }
        parts.outcome.run { try parts.stage.finish([.data, .tree]) }
        try parts.ledger.waitForAll()
    }

    private func scan(
        _ paths: [[UInt8]], collector: DirectoryCollector, parts: BackupParts
    ) throws {
        let scanner = Scanner(
            collector: collector, queue: parts.files, tally: tally, problems: problems,
            excludes: try makeExcludes(),
            ownDirectories: customer.ownDirectories(), cancellation: cancellation)
        for (index, path) in paths.enumerated() { try scanner.scan(root: path, index: index) }
        tally.update { $0.isTotalKnown = true }
    }

    private func makeExcludes() throws -> ExcludeRules {
        do {
            return try ExcludeRules(request.excludes.map { Array($0.utf8) })
        } catch {
            throw Failure(
                "BD-EXCLUDE", .usage, "A pattern of --exclude cannot be used", cause: "\(error)",
                remedy: "patterns are those of .gitignore")
        }
    }

    private func makeSnapshot(
        _ paths: [[UInt8]], setName: String, collector: DirectoryCollector, started: UInt64
    ) throws -> Snapshot {
        var snapshot = Snapshot(
            repository: customer.owner.keys.repository,
            device: customer.owner.device.publicKey.deviceID,
            taken: customer.adapters.time.now.nanoseconds, setName: setName,
            host: customer.adapters.hostName, user: customer.adapters.userName,
            program: "bitdust \(ProgramVersion.current)")
        snapshot.parent = try customer.catalog.latestSnapshot(setName: setName)?.id
        snapshot.tags = request.tags
        snapshot.roots = zip(paths, collector.roots).compactMap { path, entry in
            entry.map { SnapshotRoot(path: path, entry: $0) }
        }
        snapshot.durationNanoseconds = customer.adapters.time.uptime - started
        snapshot.counts = tally.progress.counts
        guard !snapshot.roots.isEmpty else { throw Failure.nothingReadable(problems.sorted) }
        return snapshot
    }

    private func report(
        _ id: SnapshotID?, _ snapshot: Snapshot, _ parts: BackupParts, _ plan: FamilyPlan
    ) -> BackupReport {
        var report = BackupReport(
            snapshotID: id, snapshot: snapshot, scheme: plan.scheme,
            lossesTolerated: min(
                parts.ledger.lossesTolerated ?? plan.scheme.parityCount,
                customer.lossesToleratedBefore ?? .max),
            suppliersTotal: parts.lanes.count)
        report.problems = problems.sorted
        report.notes = notes.sorted
        report.suppliersFailed = parts.lanes.compactMap { lane in
            lane.failure.map { (lane.record, customer.reason($0)) }
        }
        return report
    }
}
