internal import Model
internal import Synchronization

/// Names and errors of one store's objects in its bucket.
final class BucketKeys: Sendable {
    let storage: any ObjectStorage
    let refusal = BucketRefusal()
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
        let objects: [StoredObject]
        do throws(ObjectError) {
            objects = try storage.list(BucketKeys.segments)
        } catch {
            throw refusal.note(error, .list)
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
        do throws(ObjectError) {
            return try storage.get(key, range: nil, limit: Limits.headLengthMax + 4)
        } catch {
            if error == .notFound { return nil }
            throw refusal.note(error, .open)
        }
    }

    func putSmall(_ bytes: [UInt8], as key: String) throws(DiskError) {
        var failure: ObjectError?
        bytes.withUnsafeBytes { source in
            do throws(ObjectError) {
                try storage.put([source], as: key)
            } catch {
                failure = error
            }
        }
        if let failure { throw refusal.note(failure, .write) }
    }

    func remove(_ key: String) throws(DiskError) {
        do throws(ObjectError) {
            try storage.remove(key)
        } catch {
            throw refusal.note(error, .remove)
        }
    }

    /// The names below `directory`, which ends with `/`, ascending.
    func names(in directory: String) throws(DiskError) -> [String] {
        do throws(ObjectError) {
            let names = try storage.list(directory).compactMap {
                $0.key.dropFirst(directory.utf8.count).split(separator: "/").first
            }
            return Set(names.map(String.init)).sorted()
        } catch {
            throw refusal.note(error, .list)
        }
    }
}

/// Why the bucket last said no, for the operator: a store knows error numbers only.
final class BucketRefusal: Sendable {
    private let last = Mutex<String?>(nil)

    var text: String? { last.withLock { $0 } }

    /// It has answered again.
    func forget() { last.withLock { $0 = nil } }

    /// What a store makes of the error.
    func note(_ error: ObjectError, _ operation: DiskOperation) -> DiskError {
        last.withLock { $0 = error.text }
        let code =
            switch error {
            case .notFound: DiskError.notFound
            case .refused: DiskError.refused
            case .full: DiskError.noSpace
            case .silent: DiskError.silent
            case .noBucket, .wrongAnswer, .failed: DiskError.inputOutput
            }
        return DiskError(operation, code: code)
    }
}
