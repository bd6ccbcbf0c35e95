internal import Model
internal import Synchronization

/// Names and errors of one store's objects in its bucket.
final class BucketKeys: Sendable {
    let storage: any ObjectStorage
    let refusal = BucketRefusal()
    /// What the bucket does not do at the moment.
    var trouble: String? { storage.silence?.text ?? refusal.text }
    private struct Writes {
        var epoch: UInt32 = 0
        var number: UInt32 = 0
    }
    private let writes = Mutex(Writes())

    static let segments = "segments/"
    static let claim = "claim"

    init(storage: any ObjectStorage) {
        self.storage = storage
    }

    /// Begins to count writes anew.
    func begin(epoch: UInt32) {
        writes.withLock { $0 = Writes(epoch: epoch) }
    }

    /// The key of the next write to a segment.
    func part(of segment: Int, at offset: Int) -> String {
        let (epoch, number) = writes.withLock { writes in
            writes.number &+= 1
            return (writes.epoch, writes.number)
        }
        let name = PartName(segment: segment, offset: offset, epoch: epoch, number: number)
        return BucketKeys.segments + name.text
    }

    /// All segments that are in the bucket, and the highest epoch in which any was written.
    func segments() throws(DiskError) -> (found: [Int: SegmentParts], epoch: UInt32) {
        let objects = try asking(.list) { (storage) throws(ObjectError) in
            try storage.list(BucketKeys.segments)
        }
        let writes = objects.compactMap { object in
            PartName(object.key.dropFirst(BucketKeys.segments.utf8.count)).map {
                (name: $0, object: object)
            }
        }
        var found: [Int: SegmentParts] = [:]
        for (name, object) in writes.sorted(by: { $0.name.order < $1.name.order }) {
            found[name.segment, default: SegmentParts()].append(
                .init(key: object.key, offset: name.offset, length: object.length))
        }
        return (found, writes.map(\.name.epoch).max() ?? 0)
    }

    /// A whole small object; `nil` when there is none.
    func small(_ key: String) throws(DiskError) -> [UInt8]? {
        try asking(.open) { (storage) throws(ObjectError) in
            do throws(ObjectError) {
                return try storage.get(key, range: nil, limit: Limits.headLengthMax + 4)
            } catch {
                if error == .notFound { return nil }
                throw error
            }
        }
    }

    func putSmall(_ bytes: [UInt8], as key: String) throws(DiskError) {
        let pages = PageBuffer(byteCount: max(1, bytes.count))
        pages[0..<bytes.count].copyBytes(from: bytes)
        try asking(.write) { (storage) throws(ObjectError) in
            try storage.put([UnsafeRawBufferPointer(pages[0..<bytes.count])], as: key)
        }
    }

    func remove(_ key: String) throws(DiskError) {
        try asking(.remove) { (storage) throws(ObjectError) in try storage.remove(key) }
    }

    /// The names below `directory`, which ends with `/`, ascending.
    func names(in directory: String) throws(DiskError) -> [String] {
        let objects = try asking(.list) { (storage) throws(ObjectError) in
            try storage.list(directory)
        }
        let names = objects.compactMap {
            $0.key.dropFirst(directory.utf8.count).split(separator: "/").first
        }
        return Set(names.map(String.init)).sorted()
    }

    /// Asks the bucket, and notes whether it answers.
    func asking<Value>(
        _ operation: DiskOperation, _ body: (any ObjectStorage) throws(ObjectError) -> Value
    ) throws(DiskError) -> Value {
        do throws(ObjectError) {
            let value = try body(storage)
            refusal.forgetSilence()
            return value
        } catch {
            throw refusal.note(error, operation)
        }
    }
}

/// Why the bucket last said no, for the operator: a store knows error numbers only.
final class BucketRefusal: Sendable {
    private let last = Mutex<ObjectError?>(nil)

    var text: String? { last.withLock { $0?.text } }

    /// It has answered again.
    func forget() { last.withLock { $0 = nil } }

    /// It has answered something else than was refused.
    func forgetSilence() {
        last.withLock { error in
            switch error {
            case .silent, .untrusted: error = nil
            default: break
            }
        }
    }

    /// What a store makes of the error.
    func note(_ error: ObjectError, _ operation: DiskOperation) -> DiskError {
        last.withLock { $0 = error }
        let code =
            switch error {
            case .notFound: DiskError.notFound
            case .refused: DiskError.refused
            case .full: DiskError.noSpace
            case .silent, .untrusted: DiskError.silent
            case .noBucket, .wrongAnswer, .failed: DiskError.inputOutput
            }
        return DiskError(operation, code: code)
    }
}
