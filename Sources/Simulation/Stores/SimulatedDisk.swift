internal import Glibc
package import Suppliers
internal import Synchronization

/// A disk in memory that knows what was synced, loses the rest at a crash, and fails where told.
///
/// What a crash leaves is what ext4 and XFS may leave (Pillai et al., “All File Systems Are Not
/// Created Equal”, 2014): each write that was not synced is there, is not there, or is there for
/// some of its 512-byte sectors; each directory entry that was not synced is the old one or the
/// new one.
package final class SimulatedDisk: Disk {
    private let state = Mutex(DiskState())

    package init() {}

    // MARK: Faults

    /// Lets the disk fail; operations count from now on.
    package func fail(_ faults: [DiskFault]) {
        state.withLock { $0.faults.set(faults) }
    }

    /// How many operations there were since the faults were set.
    package var operationCount: Int { state.withLock { $0.faults.operationCount } }

    package func setReadOnly(_ isReadOnly: Bool) {
        state.withLock { $0.isReadOnly = isReadOnly }
    }

    /// Bytes that may still be written before `ENOSPC`; no limit when `nil`.
    package func setFreeByteCount(_ count: Int?) {
        state.withLock { $0.freeByteCount = count }
    }

    /// Loses power: what was not synced is kept, lost or torn as `random` says, locks are gone.
    package func crash(_ random: SeededRandom) {
        state.withLock { $0.crash(random) }
    }

    // MARK: Looking and damaging

    package func contents(of path: String) -> [UInt8]? {
        state.withLock { $0.node(path)?.content }
    }

    /// Replaces a file's bytes behind everybody's back.
    package func overwrite(_ path: String, with bytes: [UInt8]) {
        state.withLock { state in
            guard let id = state.entries[path] else { return }
            state.nodes[id] = DiskNode(durable: bytes)
        }
    }

    /// The files below a directory, ascending.
    package func paths(below directory: String) -> [String] {
        state.withLock { state in
            state.entries.keys.filter { $0.hasPrefix(directory + "/") && state.isFile($0) }.sorted()
        }
    }

    // MARK: Disk

    package func open(_ path: String, _ access: DiskAccess) throws(DiskError) -> any DiskFile {
        let id = try state.withLock { (state) throws(DiskError) in
            try state.begin(.open)
            switch access {
            case .read:
                return try state.file(path)
            case .write:
                if state.isReadOnly { throw DiskError(.open, code: EROFS) }
                return try state.file(path)
            case .create:
                if state.isReadOnly { throw DiskError(.open, code: EROFS) }
                if state.entries[path] != nil { throw DiskError(.open, code: EEXIST) }
                return state.addFile(path)
            }
        }
        return SimulatedFile(disk: self, id: id, lockPath: nil)
    }

    package func names(in directory: String) throws(DiskError) -> [String] {
        try state.withLock { (state) throws(DiskError) in
            try state.begin(.list)
            guard state.entries[directory] != nil else { throw DiskError(.list, code: ENOENT) }
            return state.children(of: directory)
        }
    }

    package func makeDirectory(_ path: String) throws(DiskError) {
        try state.withLock { (state) throws(DiskError) in
            try state.begin(.makeDirectory)
            if state.entries[path] != nil { return }
            if state.isReadOnly { throw DiskError(.makeDirectory, code: EROFS) }
            state.entries[path] = DiskState.directory
        }
    }

    package func rename(_ source: String, to target: String) throws(DiskError) {
        try state.withLock { (state) throws(DiskError) in
            try state.begin(.rename)
            let id = try state.file(source)
            state.entries[source] = nil
            state.entries[target] = id
        }
    }

    package func remove(_ path: String) throws(DiskError) {
        try state.withLock { (state) throws(DiskError) in
            try state.begin(.remove)
            _ = try state.file(path)
            state.entries[path] = nil
        }
    }

    package func syncDirectory(_ path: String) throws(DiskError) {
        try state.withLock { (state) throws(DiskError) in
            try state.begin(.syncDirectory)
            state.syncEntries(of: path)
        }
    }

    package func availableByteCount(at path: String) throws(DiskError) -> Int {
        try state.withLock { (state) throws(DiskError) in
            try state.begin(.space)
            return state.freeByteCount ?? 1 << 50
        }
    }

    package func lock(_ path: String) throws(DiskError) -> any DiskFile {
        let id = try state.withLock { (state) throws(DiskError) in
            try state.begin(.lock)
            if state.isReadOnly { throw DiskError(.lock, code: EROFS) }
            guard state.locks.insert(path).inserted else {
                throw DiskError(.lock, code: EWOULDBLOCK)
            }
            return state.entries[path] ?? state.addFile(path)
        }
        return SimulatedFile(disk: self, id: id, lockPath: path)
    }

    fileprivate func perform<Result: Sendable>(
        _ body: (inout DiskState) throws(DiskError) -> Result
    ) throws(DiskError) -> Result {
        try state.withLock { (state) throws(DiskError) in try body(&state) }
    }
}

private final class SimulatedFile: DiskFile {
    private let disk: SimulatedDisk
    private let id: Int
    private let lockPath: String?

    init(disk: SimulatedDisk, id: Int, lockPath: String?) {
        self.disk = disk
        self.id = id
        self.lockPath = lockPath
    }

    func write(_ parts: [UnsafeRawBufferPointer], at offset: Int) throws(DiskError) -> Int {
        var bytes: [UInt8] = []
        for part in parts { bytes.append(contentsOf: part) }
        return try disk.perform { (state) throws(DiskError) in
            let count = try state.writable(bytes.count, in: .write)
            state.nodes[id]?.write(Array(bytes[..<count]), at: offset)
            return count
        }
    }

    func read(
        into parts: [UnsafeMutableRawBufferPointer], at offset: Int
    ) throws(DiskError) -> Int {
        let content = try disk.perform { (state) throws(DiskError) in
            try state.begin(.read)
            return state.nodes[id]?.content ?? []
        }
        var position = offset
        for part in parts where position < content.count {
            let end = min(content.count, position + part.count)
            part.copyBytes(from: content[position..<end])
            position = end
        }
        return max(0, position - offset)
    }

    func length() throws(DiskError) -> Int {
        try disk.perform { (state) throws(DiskError) in
            try state.begin(.length)
            return state.nodes[id]?.content.count ?? 0
        }
    }

    func reserve(_ range: Range<Int>) throws(DiskError) {
        try disk.perform { (state) throws(DiskError) in
            try state.begin(.reserve)
            let content = state.nodes[id]?.content.count ?? 0
            if let free = state.freeByteCount, range.upperBound - content > free {
                throw DiskError(.reserve, code: ENOSPC)
            }
        }
    }

    func truncate(to length: Int) throws(DiskError) {
        try disk.perform { (state) throws(DiskError) in
            try state.begin(.truncate)
            state.nodes[id]?.truncate(to: length)
        }
    }

    func sync() throws(DiskError) {
        try disk.perform { (state) throws(DiskError) in
            do throws(DiskError) {
                try state.begin(.sync)
            } catch {
                if error.code != DiskState.powerLoss { state.nodes[id]?.failSync() }
                throw error
            }
            state.nodes[id]?.sync()
        }
    }

    func close() throws(DiskError) {
        try disk.perform { (state) throws(DiskError) in
            if let lockPath { state.locks.remove(lockPath) }
            try state.begin(.close)
        }
    }
}
