internal import Chunking
internal import FileTrees
internal import Hashing
internal import Model

/// Reads files, cuts them into chunks, names the chunks, and passes on those that are new.
///
/// Small files are read several at a time into one buffer and hashed side by side; a long file runs
/// through the same buffer piece by piece. Nothing is allocated for a chunk.
///
/// Thread rules: one thread; each reading worker has its own.
final class FileReader {
    private let chunker: Chunker
    private let key: Bytes32
    private let index: ChunkIndex
    private let rows: RowSet
    private let frames: FrameBuilder
    private let objects: ObjectWriter
    private let collector: DirectoryCollector
    private let tally: Tally
    private let problems: ProblemList
    private let notes: ProblemList
    private let cancellation: Cancellation
    private let buffer = PageBuffer(byteCount: FileReader.bufferLength)
    private var ranges: [Range<Int>] = []
    private var ids: [Bytes32] = []

    /// A megabyte to fill and a longest chunk to carry over.
    static let bufferLength = (1 << 20) + Limits.chunkLengthMax
    /// Files that share a buffer.
    static let batchCountMax = 64

    init(
        parts: BackupParts, frames: FrameBuilder, collector: DirectoryCollector,
        problems: ProblemList, notes: ProblemList
    ) {
        self.chunker = parts.chunker
        self.key = parts.chunkKey
        self.index = parts.index
        self.rows = parts.rows
        self.frames = frames
        self.objects = parts.objects
        self.collector = collector
        self.tally = parts.tally
        self.problems = problems
        self.notes = notes
        self.cancellation = parts.cancellation
    }

    /// Reads until the queue is closed.
    func run(_ queue: BoundedQueue<FileJob>) throws {
        while true {
            let jobs = queue.takeSome(max: FileReader.batchCountMax) { taken, next in
                next.isSmall && taken[0].isSmall
                    && (taken.count + 1) * (Limits.chunkLengthMin + 1) <= FileReader.bufferLength
            }
            if jobs.isEmpty { break }
            try cancellation.check()
            if jobs[0].isSmall { try readSmall(jobs) } else { try readLong(jobs[0]) }
        }
        try frames.flush()
    }

    // MARK: Small files

    /// Reads files of at most one chunk each, then names all the chunks at once.
    private func readSmall(_ jobs: [FileJob]) throws {
        var read: [(job: FileJob, entry: TreeEntry, range: Range<Int>)] = []
        var end = 0
        for job in jobs {
            // One byte more than the file had: that it is there tells that the file has grown.
            let room = end..<end + Limits.chunkLengthMin + 1
            guard let (entry, count) = try readWhole(job, into: buffer[room]) else { continue }
            guard count <= Limits.chunkLengthMin else {
                try readLong(job)
                continue
            }
            read.append((job, entry, end..<end + count))
            end += count
        }
        ranges = read.map(\.range).filter { !$0.isEmpty }
        BLAKE3.keyedHashes(
            of: ranges, in: UnsafeRawBufferPointer(buffer.bytes), key: key, into: &ids)
        var next = 0
        for (job, entry, range) in read {
            var entry = entry
            entry.size = UInt64(range.count)
            if !range.isEmpty {
                let id = ChunkID(ids[next])
                next += 1
                try store(id, range)
                entry.content = ContentReference(depth: 0, ids: [id])
            }
            try settle(job, entry)
        }
    }

    /// - Returns: `nil` when the file cannot be read, which is noted.
    private func readWhole(
        _ job: FileJob, into target: UnsafeMutableRawBufferPointer
    ) throws -> (TreeEntry, Int)? {
        do {
            let file = try job.source.openFile(job.scanned.entry.name)
            var entry = entry(of: file, job)
            let count = try file.read(into: target, at: 0)
            try checkUnchanged(file, job, &entry)
            return (entry, count)
        } catch {
            try giveUp(job, error)
            return nil
        }
    }

    // MARK: Long files

    private func readLong(_ job: FileJob) throws {
        do {
            let file = try job.source.openFile(job.scanned.entry.name)
            var entry = entry(of: file, job)
            var content = ContentBuilder { [objects] in try objects.store(list: $0) }
            entry.size = try readChunks(of: file, into: &content)
            entry.content = try content.finish()
            try checkUnchanged(file, job, &entry)
            try settle(job, entry, bytesAreCounted: true)
        } catch let error as FileTreeError {
            try giveUp(job, error)
        }
    }

    /// Reads to the end of the file, whatever its length was when it was opened.
    private func readChunks(
        of file: SourceFile, into content: inout ContentBuilder
    ) throws -> UInt64 {
        var offset: UInt64 = 0
        var held = 0
        var isAtEnd = false
        while !isAtEnd || held > 0 {
            try cancellation.check()
            if !isAtEnd {
                let free = buffer[held..<buffer.byteCount]
                let count = try file.read(into: free, at: offset)
                isAtEnd = count < free.count
                offset += UInt64(count)
                held += count
                tally.update { $0.bytesDone += UInt64(count) }
            }
            let consumed = try cut(held, isFinal: isAtEnd, into: &content)
            buffer[0..<held - consumed].copyMemory(
                from: UnsafeRawBufferPointer(buffer[consumed..<held]))
            held -= consumed
        }
        return offset
    }

    /// Cuts what is held, names the chunks together and stores the new ones.
    ///
    /// - Returns: bytes that became chunks.
    private func cut(
        _ held: Int, isFinal: Bool, into content: inout ContentBuilder
    ) throws -> Int {
        ranges.removeAll(keepingCapacity: true)
        var start = 0
        while start < held {
            let rest = UnsafeRawBufferPointer(buffer[start..<held])
            guard let length = chunker.firstCut(in: rest, isFinal: isFinal) else { break }
            ranges.append(start..<start + length)
            start += length
        }
        BLAKE3.keyedHashes(
            of: ranges, in: UnsafeRawBufferPointer(buffer.bytes), key: key, into: &ids)
        for (position, range) in ranges.enumerated() {
            let id = ChunkID(ids[position])
            try store(id, range)
            try content.append(id)
        }
        return start
    }

    // MARK: Both

    private func store(_ id: ChunkID, _ range: Range<Int>) throws {
        guard index.claim(id, length: range.count, noting: rows) else { return }
        try frames.append(id, UnsafeRawBufferPointer(buffer[range]))
        tally.update { $0.counts.bytesNew += UInt64(range.count) }
    }

    /// The entry as the file is when it is opened, which may differ from what the walk saw.
    private func entry(of file: SourceFile, _ job: FileJob) -> TreeEntry {
        var entry = file.opened.entry
        entry.name = job.scanned.entry.name
        do {
            entry.attributes = try file.attributes()
        } catch {
            problems.add(job.path, "its extended attributes cannot be read: \(error.reason)")
        }
        return entry
    }

    /// A file that changed while it was read is kept as it was read, and read again next time.
    private func checkUnchanged(
        _ file: SourceFile, _ job: FileJob, _ entry: inout TreeEntry
    ) throws(FileTreeError) {
        let now = try file.status()
        guard now.changed != job.scanned.changed || now.entry.size != job.scanned.entry.size else {
            return
        }
        notes.add(job.path, "changed while it was read")
        if case .directory(let node, let index) = job.destination { node.forgetStamp(index) }
    }

    private func settle(
        _ job: FileJob, _ entry: TreeEntry, bytesAreCounted: Bool = false
    ) throws {
        tally.update {
            $0.filesDone += 1
            $0.counts.bytesTotal += entry.size
            if !bytesAreCounted { $0.bytesDone += entry.size }
            $0.currentFiles = [job.path]
        }
        try collector.settle(job.destination, entry)
    }

    private func giveUp(_ job: FileJob, _ error: FileTreeError) throws {
        // A file that is gone when its turn comes was deleted during the backup: it is not there.
        if error.isVanished {
            notes.add(job.path, "vanished before it was read")
        } else {
            problems.add(job.path, error.reason)
        }
        tally.update {
            $0.filesTotal -= 1
            if job.isNew { $0.counts.filesNew -= 1 } else { $0.counts.filesChanged -= 1 }
            if !error.isVanished {
                $0.counts.filesSkipped += 1
                $0.errorCount += 1
            }
        }
        try collector.settle(job.destination, nil)
    }
}
