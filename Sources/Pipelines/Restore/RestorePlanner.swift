internal import FileTrees
internal import Model

/// Walks the snapshot in the order in which it was stored and hands out what is to be written.
///
/// Thread rules: one thread.
final class RestorePlanner {
    private struct Level {
        let node: RestoreNode
        let entries: [TreeEntry]
        let selection: PathSelection
        var next = 0
    }

    /// A further name of a file, made when the first one is there.
    private struct Link {
        let entry: TreeEntry
        let node: RestoreNode
        let first: (node: RestoreNode, name: [UInt8])
    }

    private let contents: ContentReader
    private let worker: RestoreWorker
    private let queue: BoundedQueue<RestoreJob>
    private let policy: OverwritePolicy
    private let tally: RestoreTally
    private var firstNames: [UInt64: (node: RestoreNode, name: [UInt8])] = [:]
    private var links: [Link] = []
    /// Directories that hold a first name: without their own permissions until the links are made.
    private var held: [RestoreNode] = []
    private var batch: [TreeEntry] = []
    private var batchByteCount: UInt64 = 0
    private var batchNode: RestoreNode?

    /// Bytes of a long file that one worker writes at a time: a block's worth, so that two workers
    /// seldom need the same block, unless a block has only little of the file.
    private static let partLength: UInt64 = 16 << 20
    private static let partLengthMin: UInt64 = 4 << 20
    /// What one worker takes of a directory at a time.
    private static let batchCountMax = 64
    private static let batchLengthMax: UInt64 = 4 << 20

    init(
        contents: ContentReader, worker: RestoreWorker, queue: BoundedQueue<RestoreJob>,
        policy: OverwritePolicy, tally: RestoreTally
    ) {
        self.contents = contents
        self.worker = worker
        self.queue = queue
        self.policy = policy
        self.tally = tally
    }

    /// Hands out everything below `root` that is selected.
    func plan(root: RestoreNode, entries: [TreeEntry], selection: PathSelection) throws {
        var stack = [Level(node: root, entries: entries, selection: selection)]
        while var level = stack.popLast() {
            try worker.cancellation.check()
            guard level.next < level.entries.count else {
                try flushBatch()
                worker.end(level.node)
                continue
            }
            let entry = level.entries[level.next]
            level.next += 1
            stack.append(level)
            guard let selection = level.selection.below(entry.name) else { continue }
            do {
                if let child = try visit(entry, in: level.node, selection) { stack.append(child) }
            } catch let error as CancelledError {
                throw error
            } catch {
                worker.failed(entry, level.node, error)
            }
        }
    }

    /// Makes the further names of files, after the workers are done.
    func finishLinks() {
        for link in links {
            do {
                try link.node.directory.makeHardLink(
                    link.entry.name, to: (link.first.node.directory, link.first.name))
                tally.update {
                    $0.restored += 1
                    $0.progress.filesDone += 1
                }
            } catch {
                worker.failed(link.entry, link.node, error)
            }
            worker.end(link.node)
        }
        for node in held { worker.end(node) }
    }

    private func visit(
        _ entry: TreeEntry, in node: RestoreNode, _ selection: PathSelection
    ) throws -> Level? {
        if entry.kind == .directory {
            if let there = try node.directory.existing(entry.name), there.entry.kind != .directory {
                guard policy == .always else {
                    throw FileTreeError.notADirectory(
                        path: joinPath(node.directory.path, entry.name))
                }
                try node.directory.remove(entry.name)
            }
            let directory = try node.directory.makeDirectory(entry)
            let entries = try contents.tree(of: entry).entries
            node.begin()
            let child = RestoreNode(directory: directory, entry: entry, parent: node)
            return Level(node: child, entries: entries, selection: selection)
        }
        tally.update {
            $0.progress.filesTotal += 1
            $0.progress.bytesTotal += entry.size
        }
        if !node.directory.isNew {
            let existing = try node.directory.existing(entry.name)
            if let existing, !policy.replaces(existing, with: entry) {
                keep(entry, existing, in: node)
                return nil
            }
        }
        try make(entry, in: node)
        return nil
    }

    /// Something of that name is there and stays.
    private func keep(_ entry: TreeEntry, _ existing: ScannedEntry, in node: RestoreNode) {
        if let group = entry.linkGroup, firstNames[group] == nil {
            hold(entry, of: group, in: node)
        }
        tally.update {
            $0.progress.filesDone += 1
            $0.progress.bytesDone += entry.size
            if policy == .never { $0.kept += 1 } else { $0.progress.filesSame += 1 }
        }
    }

    private func make(_ entry: TreeEntry, in node: RestoreNode) throws {
        switch entry.kind {
        case .file: try makeFile(entry, in: node)
        case .symbolicLink: made(try node.directory.makeSymbolicLink(entry))
        case .fifo: made(try node.directory.makeFifo(entry))
        case .characterDevice, .blockDevice, .socket:
            made(try node.directory.makeSpecial(entry))
        case .directory: break
        }
    }

    private func made(_ issues: [MetadataIssue]) {
        tally.add(issues)
        tally.update {
            $0.restored += 1
            $0.progress.filesDone += 1
        }
    }

    private func makeFile(_ entry: TreeEntry, in node: RestoreNode) throws {
        if let group = entry.linkGroup {
            if let first = firstNames[group] {
                // The directory waits for the link, which changes its times.
                node.begin()
                links.append(Link(entry: entry, node: node, first: first))
                return
            }
            hold(entry, of: group, in: node)
        }
        node.begin()
        if entry.size > RestorePlanner.partLength {
            try planParts(of: entry, in: node)
        } else {
            if batchNode !== node { try flushBatch() }
            batchNode = node
            batch.append(entry)
            batchByteCount += entry.size
            if batch.count == RestorePlanner.batchCountMax
                || batchByteCount >= RestorePlanner.batchLengthMax
            {
                try flushBatch()
            }
        }
    }

    private func hold(_ entry: TreeEntry, of group: UInt64, in node: RestoreNode) {
        firstNames[group] = (node, entry.name)
        node.begin()
        held.append(node)
    }

    private func flushBatch() throws {
        guard let node = batchNode, !batch.isEmpty else { return }
        let job = RestoreJob.files(batch, node)
        batch = []
        batchByteCount = 0
        batchNode = nil
        guard queue.put(job) else { throw CancelledError() }
    }

    private func planParts(of entry: TreeEntry, in node: RestoreNode) throws {
        let target: TargetFile
        do {
            target = try node.directory.beginFile(entry)
        } catch {
            worker.end(node)
            throw error
        }
        let file = SharedFile(node: node, entry: entry, target: target)
        var failure: (any Error)?
        do {
            try splitParts(of: entry, file)
        } catch {
            failure = error
        }
        if file.planned(failure) { worker.finish(file) }
        if let cancelled = failure as? CancelledError { throw cancelled }
    }

    private func splitParts(of entry: TreeEntry, _ file: SharedFile) throws {
        var chunks: [ChunkID] = []
        var start: UInt64 = 0
        var end: UInt64 = 0
        var block: UInt32?
        func handOut() throws {
            guard !chunks.isEmpty else { return }
            file.beginPart()
            let part = RestoreJob.part(file, chunks: chunks, offset: start)
            guard queue.put(part) else { throw CancelledError() }
            chunks = []
            start = end
        }
        try contents.forEachChunk(of: entry.content) { id in
            let (length, itsBlock) = try contents.chunks.place(of: id)
            let isNext = itsBlock != block && end - start >= RestorePlanner.partLengthMin
            if isNext || end - start >= RestorePlanner.partLength { try handOut() }
            block = itsBlock
            chunks.append(id)
            end += UInt64(length)
        }
        try handOut()
    }
}
