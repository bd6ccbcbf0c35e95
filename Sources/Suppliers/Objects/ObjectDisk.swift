package import Model
internal import Synchronization

/// A disk whose segments, contracts and heads are objects in a bucket, and all else is in a
/// directory of this machine.
///
/// ```
/// here: supplier.key  format  lock  index.sqlite  tails/  holds/  service-time
///       claim                         who this directory is, for the bucket
///       epoch                         how often it was opened
/// bucket: claim                       whose bucket it is      docs/formats/object-storage.md
///         segments/<segment>/<offset>-<write>
///         contracts/<owner>.contract
///         heads/<owner>/<repository>-<sequence>.head
/// ```
///
/// The index is made again from a list of the bucket and the headers of the records. The key of the
/// supplier is never in the bucket: who can read that could answer in the supplier's name.
///
/// Thread rules: any thread.
package final class ObjectDisk: Disk {
    private struct State {
        var segments: [Int: ObjectSegment] = [:]
        /// Files that were made and are not in the bucket yet, by path.
        var pending: [String: ObjectFile] = [:]
    }

    private enum Place {
        case local
        case segments
        case segment(Int)
        /// The key of a file, or of a directory with `/` at its end.
        case object(String)
    }

    private let root: String
    private let local: any Disk
    private let bucket: BucketKeys
    private let identity: [UInt8]
    private let takesOver: Bool
    private let state = Mutex(State())

    /// - Parameter root: the store's directory on this machine.
    /// - Parameter random: names this directory, when it has no name yet.
    /// - Parameter takesOver: whether the bucket may be another directory's.
    package init(
        root: String, storage: any ObjectStorage, local: any Disk = LocalDisk(),
        random: some RandomSource, takesOver: Bool = false
    ) {
        self.takesOver = takesOver
        self.root = root
        self.local = local
        bucket = BucketKeys(storage: storage)
        identity = Array(Hex.encode(random.bytes(32)).utf8)
    }

    package var refusal: String? { bucket.trouble }

    package func open(_ path: String, _ access: DiskAccess) throws(DiskError) -> any DiskFile {
        switch place(of: path) {
        case .local: return try local.open(path, access)
        case .segments: throw DiskError(.open, code: DiskError.invalid)
        case .segment(let number): return try segment(number, access)
        case .object(let key):
            if case .create = access { return try makePending(path) }
            if let file = state.withLock({ $0.pending[path] }) { return file }
            guard let bytes = try bucket.small(key) else {
                throw DiskError(.open, code: DiskError.notFound)
            }
            return ObjectFile(bytes)
        }
    }

    package func names(in directory: String) throws(DiskError) -> [String] {
        switch place(of: directory) {
        case .local: return try local.names(in: directory)
        case .segments: return try readSegments()
        case .segment: throw DiskError(.list, code: DiskError.notFound)
        case .object(let key): return try bucket.names(in: key + "/")
        }
    }

    package func makeDirectory(_ path: String) throws(DiskError) {
        if case .local = place(of: path) { try local.makeDirectory(path) }
    }

    package func rename(_ source: String, to target: String) throws(DiskError) {
        guard case .object(let key) = place(of: target) else {
            return try local.rename(source, to: target)
        }
        guard let file = state.withLock({ $0.pending[source] }) else {
            throw DiskError(.rename, code: DiskError.notFound)
        }
        try bucket.putSmall(file.bytes, as: key)
        state.withLock { $0.pending[source] = nil }
    }

    package func remove(_ path: String) throws(DiskError) {
        switch place(of: path) {
        case .local: try local.remove(path)
        case .segments: throw DiskError(.remove, code: DiskError.invalid)
        case .segment(let number):
            guard let segment = state.withLock({ $0.segments[number] }) else {
                throw DiskError(.remove, code: DiskError.notFound)
            }
            try segment.removeAll()
            state.withLock { $0.segments[number] = nil }
        case .object(let key):
            if state.withLock({ $0.pending.removeValue(forKey: path) }) != nil { return }
            try bucket.remove(key)
        }
    }

    /// Objects are durable when they are there, and in every list from then on.
    package func syncDirectory(_ path: String) throws(DiskError) {
        if case .local = place(of: path) { try local.syncDirectory(path) }
    }

    /// A bucket has room; the index needs some here.
    package func availableByteCount(at path: String) throws(DiskError) -> Int {
        let here = try local.availableByteCount(at: root)
        return here < Limits.diskReserve ? 0 : Limits.objectRoom
    }

    /// Takes the directory for this process, and the bucket for this directory.
    package func lock(_ path: String) throws(DiskError) -> any DiskFile {
        let lock = try local.lock(path)
        let name = try own("claim", identity)
        if !takesOver, let claim = try bucket.small(BucketKeys.claim) {
            guard claim == name else { throw DiskError(.lock, code: DiskError.claimed) }
        } else {
            try bucket.putSmall(name, as: BucketKeys.claim)
        }
        return lock
    }

    /// Asks the bucket, which also shows whether it answers.
    package func isOurs() -> Bool {
        do throws(DiskError) {
            let claim = try bucket.small(BucketKeys.claim)
            bucket.refusal.forget()
            return claim == (try own("claim", identity))
        } catch {
            return true
        }
    }

    // MARK: Segments

    private func segment(
        _ number: Int, _ access: DiskAccess
    ) throws(DiskError) -> any DiskFile {
        let bucket = bucket
        let (segment, isNew) = state.withLock { state in
            if let segment = state.segments[number] { return (Optional(segment), false) }
            guard case .create = access else { return (nil, false) }
            let segment = ObjectSegment(number: number, bucket: bucket)
            state.segments[number] = segment
            return (segment, true)
        }
        guard let segment else { throw DiskError(.open, code: DiskError.notFound) }
        if case .create = access, !isNew { throw DiskError(.open, code: DiskError.exists) }
        return segment
    }

    /// Reads what is in the bucket: a store asks for it once, when it is opened.
    private func readSegments() throws(DiskError) -> [String] {
        let (found, listed) = try bucket.segments()
        let before = UInt32(decimal: try? SmallFiles(disk: local).read("\(root)/epoch", limit: 16))
        let epoch = max(before ?? 0, listed) &+ 1
        do throws(DiskError) {
            try SmallFiles(disk: local).publish(
                Array("\(epoch)".utf8), as: "epoch", in: root)
        } catch {
            // Whoever cannot write here writes nothing into the bucket either.
            guard error.isReadOnly else { throw error }
        }
        bucket.begin(epoch: epoch)
        let segments = found.map { number, parts in
            (number, ObjectSegment(number: number, bucket: bucket, parts: parts))
        }
        state.withLock { $0.segments = Dictionary(uniqueKeysWithValues: segments) }
        return found.keys.sorted().map { "\(StoreLayout.hexadecimal(UInt64($0))).segment" }
    }

    // MARK: Files

    private func makePending(_ path: String) throws(DiskError) -> ObjectFile {
        let file = ObjectFile()
        let isNew = state.withLock { state in
            guard state.pending[path] == nil else { return false }
            state.pending[path] = file
            return true
        }
        guard isNew else { throw DiskError(.open, code: DiskError.exists) }
        return file
    }

    /// The content of a file of the directory, which is made when it is not there.
    private func own(_ name: String, _ bytes: [UInt8]) throws(DiskError) -> [UInt8] {
        let files = SmallFiles(disk: local)
        do throws(DiskError) {
            return try files.read("\(root)/\(name)", limit: bytes.count)
        } catch {
            guard error.isMissing else { throw error }
        }
        try files.publish(bytes, as: name, in: root)
        return bytes
    }

    private func place(of path: String) -> Place {
        guard path.hasPrefix(root), path.utf8.dropFirst(root.utf8.count).first == 0x2F else {
            return .local
        }
        let name = path.dropFirst(root.utf8.count + 1)
        if name == "segments" { return .segments }
        if name.hasPrefix("segments/") {
            return StoreLayout.segmentNumber(String(name.dropFirst(9))).map { .segment($0) }
                ?? .segments
        }
        let isObject = ["contracts", "heads"].contains { name == $0 || name.hasPrefix("\($0)/") }
        return isObject ? .object(String(name)) : .local
    }
}

extension UInt32 {
    fileprivate init?(decimal bytes: [UInt8]?) {
        guard let bytes, let text = String(validating: bytes, as: UTF8.self) else { return nil }
        self.init(text)
    }
}
