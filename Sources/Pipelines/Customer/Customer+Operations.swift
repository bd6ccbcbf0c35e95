internal import Catalogs
internal import FileTrees
package import Model
internal import Placement
internal import Synchronization

extension Customer {
    /// Backs up; on return the snapshot exists on the suppliers, or nothing of it does.
    package func backup(
        _ request: BackupRequest, cancellation: Cancellation,
        progress: @escaping @Sendable (BackupProgress) -> Void
    ) throws -> BackupReport {
        let backup = Backup(
            customer: self, request: request, cancellation: cancellation, progress: progress)
        do {
            let report = try backup.perform()
            if request.isDryRun { dropChunkIndex() }
            return report
        } catch {
            dropChunkIndex()
            throw Failure.of(error)
        }
    }

    package func restore(
        _ request: RestoreRequest, cancellation: Cancellation,
        progress: @escaping @Sendable (RestoreProgress) -> Void,
        waiting: @escaping @Sendable (SupplierWait) -> Void = { _ in }
    ) throws -> RestoreReport {
        let restore = Restore(
            customer: self, request: request, cancellation: cancellation, progress: progress,
            waiting: waiting)
        do {
            return try restore.perform()
        } catch {
            throw Failure.of(error)
        }
    }

    /// Oldest first.
    package func snapshots() throws -> [(id: SnapshotID, snapshot: Snapshot)] {
        try catalog.snapshots().map { ($0.id, $0.snapshot) }
    }

    package func find(_ choice: SnapshotChoice) throws -> (id: SnapshotID, snapshot: Snapshot) {
        switch choice {
        case .latest(let setName):
            guard let found = try catalog.latestSnapshot(setName: setName) else {
                throw Failure.noSnapshot(setName.map { "of set \($0)" } ?? "yet")
            }
            return (found.id, found.snapshot)
        case .prefix(let prefix):
            let matches = try catalog.snapshots().filter {
                prefix.utf8.count >= 4 && $0.id.description.hasPrefix(prefix.lowercased())
            }
            guard let first = matches.first else { throw Failure.noSnapshot("named \(prefix)") }
            guard matches.count == 1 else {
                throw Failure(
                    "BD-AMBIGUOUS", .usage, "\(matches.count) snapshots start with \(prefix)",
                    remedy: "give more digits of the one you mean")
            }
            return (first.id, first.snapshot)
        }
    }

    /// Calls `entry` with everything at and below a path of a snapshot, in the tree's order.
    ///
    /// - Parameter waiting: hears of suppliers that have stopped answering and are waited for.
    package func list(
        _ id: SnapshotID, path: [UInt8], isRecursive: Bool,
        cancellation: Cancellation = Cancellation(),
        waiting: @escaping @Sendable (SupplierWait) -> Void = { _ in },
        entry: (_ path: [UInt8], TreeEntry) throws -> Void
    ) throws {
        do {
            let patience = makePatience(cancellation: cancellation, waiting: waiting)
            let reader = try snapshotReader(id, patience)
            let start = try reader.entry(at: path)
            if let start, start.kind != .directory {
                try entry(path, start)
                return
            }
            let entries =
                try start.map { try reader.contents.tree(of: $0).entries }
                ?? reader.topEntries()
            let prefix = reader.components(of: path).reduce([]) { joinPath($0, $1) }
            try walk(entries, below: prefix, reader: reader, isRecursive: isRecursive) {
                try cancellation.check()
                try entry($0, $1)
            }
        } catch {
            throw Failure.of(error)
        }
    }

    private func walk(
        _ entries: [TreeEntry], below path: [UInt8], reader: SnapshotReader, isRecursive: Bool,
        _ body: (_ path: [UInt8], TreeEntry) throws -> Void
    ) throws {
        var stack = [(entries: entries[...], path: path)]
        while let (entries, path) = stack.popLast() {
            guard let next = entries.first else { continue }
            stack.append((entries.dropFirst(), path))
            let nextPath = joinPath(path, next.name)
            try body(nextPath, next)
            if isRecursive, next.kind == .directory {
                stack.append((try reader.contents.tree(of: next).entries[...], nextPath))
            }
        }
    }

    /// Lends the bytes of a file, piece by piece.
    ///
    /// - Parameter waiting: hears of suppliers that have stopped answering and are waited for.
    package func read(
        _ id: SnapshotID, path: [UInt8], cancellation: Cancellation = Cancellation(),
        waiting: @escaping @Sendable (SupplierWait) -> Void = { _ in },
        into write: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        do {
            let patience = makePatience(cancellation: cancellation, waiting: waiting)
            let reader = try snapshotReader(id, patience)
            guard let entry = try reader.entry(at: path), entry.kind == .file else {
                throw Failure(
                    "BD-NOT-A-FILE", .failed, "\(displayText(path)) is not a file",
                    remedy: "list the snapshot with `bitdust ls`")
            }
            try reader.contents.forEachChunk(of: entry.content) { id in
                try cancellation.check()
                try reader.contents.chunks.withChunk(id) { try write($0) }
            }
        } catch {
            throw Failure.of(error)
        }
    }

    private func snapshotReader(
        _ id: SnapshotID, _ patience: FetchPatience
    ) throws -> SnapshotReader {
        guard let stored = try catalog.snapshots().first(where: { $0.id == id }) else {
            throw Failure.noSnapshot("named \(id.short)")
        }
        return SnapshotReader(
            snapshot: stored.snapshot,
            contents: try makeReading(isSparing: true, patience: patience).contents)
    }

    /// Directories of this program, which no backup takes in.
    func ownDirectories() -> Set<FileIdentity> {
        let paths = [home.path] + suppliers.withLock { $0.compactMap { directory(of: $0.record) } }
        return Set(paths.compactMap { try? SourceDirectory.open(path: $0).identity })
    }

    func reason(_ error: any Error) -> String { reasonText(error) }
}

extension Failure {
    static func noSnapshot(_ which: String) -> Failure {
        Failure(
            "BD-NO-SNAPSHOT", .failed, "There is no snapshot \(which)",
            remedy: "`bitdust snapshots` lists them")
    }

    /// What people are told for an error of a stage; cancellation stays what it is.
    package static func of(_ error: any Error) -> any Error {
        switch error {
        case is Failure, is CancelledError: return error
        case let error as StoringError: return Failure(error)
        case FetchError.noSuchPath(let path):
            return Failure(
                "BD-NO-SUCH-PATH", .failed, "The snapshot has no \(displayText(path))",
                remedy: "`bitdust ls SNAPSHOT` lists what it has")
        case let error as FetchError where error.isAway:
            return Failure(
                "BD-SUPPLIERS-AWAY", .tooFewSuppliers,
                "Too few suppliers answer to read what is stored", cause: error.reason,
                remedy: "`bitdust suppliers` says who is away; run this again when they answer")
        case let error as FetchError:
            return Failure(
                "BD-DATA-LOST", .filesDamaged, "The stored data cannot be read",
                cause: error.reason, remedy: "`bitdust check` says what is affected")
        case let error as FileTreeError:
            return Failure(
                "BD-FILE", .inputOutput, "\(displayText(error.path)) cannot be used",
                cause: error.reason, remedy: "check the path and its permissions")
        case CatalogError.diskFull:
            return Failure(
                homeFullCode, .inputOutput, "The disk of the home is full",
                cause: reasonText(error), remedy: "make room on it and run the command again")
        case let error as CatalogError:
            return Failure(
                "BD-CATALOG", .inputOutput, "The catalog failed", cause: error.reason,
                remedy: "check the disk; the suppliers have a copy for `bitdust recover`")
        default: return error
        }
    }
}

extension FileTreeError {
    var path: [UInt8] {
        switch self {
        case .system(_, let path, _), .notADirectory(let path), .isADirectory(let path),
            .notAFile(let path), .replaced(let path), .nameTaken(let path), .tooDeep(let path),
            .attributesTooLong(let path), .outOfBounds(let path, _, _, _),
            .incomplete(let path, _, _):
            path
        case .unsafeName(let name): name
        }
    }
}
