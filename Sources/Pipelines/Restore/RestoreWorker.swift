internal import FileTrees
internal import Model

/// Writes files: chunk by chunk under a temporary name, then metadata, then the name.
///
/// Thread rules: any number of threads may run it at once.
struct RestoreWorker: Sendable {
    let contents: ContentReader
    let tally: RestoreTally
    let cancellation: Cancellation

    func run(_ queue: BoundedQueue<RestoreJob>) throws {
        while let job = queue.take() {
            try cancellation.check()
            switch job {
            case .files(let entries, let node):
                for entry in entries {
                    try cancellation.check()
                    restore(entry, node)
                }
            case .part(let file, let chunks, let offset): restore(file, chunks, offset)
            }
        }
    }

    private func restore(_ entry: TreeEntry, _ node: RestoreNode) {
        do {
            let target = try node.directory.beginFile(entry)
            do {
                var offset: UInt64 = 0
                try contents.forEachChunk(of: entry.content) { id in
                    offset += UInt64(try write(id, at: offset, of: target))
                }
                tally.add(try target.commit())
            } catch {
                target.abandon()
                throw error
            }
            finished(entry, byteCount: entry.size)
        } catch {
            failed(entry, node, error)
        }
        end(node)
    }

    private func restore(_ file: SharedFile, _ chunks: [ChunkID], _ start: UInt64) {
        var failure: (any Error)?
        do {
            if !file.hasFailed {
                var offset = start
                for id in chunks {
                    try cancellation.check()
                    let count = UInt64(try write(id, at: offset, of: file.target))
                    offset += count
                    tally.update { $0.progress.bytesDone += count }
                }
            }
        } catch {
            failure = error
        }
        if file.endPart(failure) { finish(file) }
    }

    /// Commits a file whose parts are all written.
    func finish(_ file: SharedFile) {
        do {
            try file.check()
            tally.add(try file.target.commit())
            finished(file.entry, byteCount: 0)
            tally.update { $0.bytes += file.entry.size }
        } catch {
            file.target.abandon()
            failed(file.entry, file.node, error)
        }
        end(file.node)
    }

    private func write(_ id: ChunkID, at offset: UInt64, of target: TargetFile) throws -> Int {
        try contents.chunks.withChunk(id) { bytes in
            try target.write(bytes, at: offset)
            return bytes.count
        }
    }

    private func finished(_ entry: TreeEntry, byteCount: UInt64) {
        tally.update {
            $0.restored += 1
            $0.bytes += byteCount
            $0.progress.filesDone += 1
            $0.progress.bytesDone += byteCount
        }
    }

    func failed(_ entry: TreeEntry, _ node: RestoreNode, _ error: any Error) {
        if error is CancelledError { return }
        tally.add(joinPath(node.directory.path, entry.name), error)
    }

    /// Finishes the directory when this was its last entry, and its parents with it.
    func end(_ node: RestoreNode) {
        var current: RestoreNode? = node
        while let node = current, node.end() {
            do {
                if let entry = node.entry { tally.add(try node.directory.finish(entry)) }
            } catch {
                tally.add(node.directory.path, error)
            }
            tally.update { $0.directories += 1 }
            current = node.parent
        }
    }
}
