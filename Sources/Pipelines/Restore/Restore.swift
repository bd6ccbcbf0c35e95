internal import FileTrees
internal import Model
internal import Synchronization

/// One restore, from the catalog to files that are verified and named.
struct Restore {
    let customer: Customer
    let request: RestoreRequest
    let cancellation: Cancellation
    let tally: RestoreTally
    let waiting: @Sendable (SupplierWait) -> Void

    init(
        customer: Customer, request: RestoreRequest, cancellation: Cancellation,
        progress: @escaping @Sendable (RestoreProgress) -> Void,
        waiting: @escaping @Sendable (SupplierWait) -> Void
    ) {
        self.waiting = waiting
        self.customer = customer
        self.request = request
        self.cancellation = cancellation
        self.tally = RestoreTally(time: customer.adapters.time, report: progress)
    }

    func perform() throws -> RestoreReport {
        let started = customer.adapters.time.uptime
        let (id, snapshot) = try customer.find(request.snapshot)
        let reading = try makeReading()
        let reader = SnapshotReader(snapshot: snapshot, contents: reading.contents)
        for path in request.paths { _ = try reader.entry(at: path) }
        let selection = PathSelection(paths: request.paths.map { reader.components(of: $0) })
        var report = RestoreReport(snapshotID: id)
        if request.isDryRun {
            try count(reader, selection)
        } else {
            tally.update {
                $0.progress.suppliersOnline = reading.suppliersOnline
                $0.progress.suppliersNeeded = reading.suppliersNeeded
            }
            try write(reader, selection, threadCount: reading.readerCount)
        }
        reading.askAbsent()
        tally.flush()
        fill(&report, reading: reading)
        report.durationNanoseconds = customer.adapters.time.uptime - started
        return report
    }

    private func makeReading() throws -> Reading {
        let online = customer.suppliers.withLock { $0.count { $0.store != nil } }
        let patience = customer.makePatience(
            cancellation: cancellation,
            report: { [tally] silent in
                tally.update(isNews: true) { $0.progress.suppliersOnline = online - silent }
            }, waiting: waiting)
        return try customer.makeReading(isSparing: !request.paths.isEmpty, patience: patience)
    }

    private func write(
        _ reader: SnapshotReader, _ selection: PathSelection, threadCount: Int
    ) throws {
        let target = try openTarget()
        let queue = BoundedQueue<RestoreJob>(countMax: 256)
        let worker = RestoreWorker(
            contents: reader.contents, tally: tally, cancellation: cancellation)
        let outcome = Outcome()
        outcome.onFailure { queue.abort() }
        let workers = (0..<threadCount).map { _ in
            WorkerThread { outcome.run { try worker.run(queue) } }
        }
        let planner = RestorePlanner(
            contents: reader.contents, worker: worker, queue: queue, policy: request.overwrite,
            tally: tally)
        let root = RestoreNode(
            directory: target, entry: rootEntry(reader), parent: nil)
        outcome.run {
            try planner.plan(
                root: root, entries: try reader.topEntries(), selection: selection)
        }
        queue.close()
        for thread in workers { thread.join() }
        try outcome.check()
        planner.finishLinks()
        try target.synchronize()
    }

    private func openTarget() throws -> TargetDirectory {
        do {
            return try TargetDirectory.open(path: request.target, create: true)
        } catch FileTreeError.notADirectory(let path) {
            throw Failure(
                "BD-TARGET-IS-FILE", .cannotCreate,
                "The target \(displayText(path)) is not a directory",
                remedy: "name a directory, or a path where one can be made")
        } catch {
            throw Failure(
                "BD-TARGET", .cannotCreate,
                "The target \(displayText(request.target)) cannot be used",
                cause: error.reason, remedy: "name a directory that you may write to")
        }
    }

    /// The target takes the metadata of the directory that was backed up, unless only parts of it
    /// are restored or it stands for several roots.
    private func rootEntry(_ reader: SnapshotReader) -> TreeEntry? {
        if case .directory(let entry) = reader.top, request.paths.isEmpty { return entry }
        return nil
    }

    private func count(_ reader: SnapshotReader, _ selection: PathSelection) throws {
        var stack = [(try reader.topEntries(), selection)]
        while let (entries, selection) = stack.popLast() {
            for entry in entries {
                try cancellation.check()
                guard let below = selection.below(entry.name) else { continue }
                if entry.kind == .directory {
                    stack.append((try reader.contents.tree(of: entry).entries, below))
                    tally.update { $0.directories += 1 }
                } else {
                    tally.update {
                        $0.restored += 1
                        $0.bytes += entry.size
                    }
                }
            }
        }
    }

    private func fill(_ report: inout RestoreReport, reading: Reading) {
        let state = tally.current
        report.filesRestored = state.restored
        report.filesSame = state.progress.filesSame
        report.filesKept = state.kept
        report.directories = state.directories
        report.bytesRestored = state.bytes
        report.problems = state.problems.sorted { $0.path.lexicographicallyPrecedes($1.path) }
        report.metadataIssues = state.issues.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        report.fragmentsHealed = reading.faults
        report.suppliersAway = reading.absences
        report.filesAway = state.away
    }
}
