internal import Catalogs
internal import Model
internal import Synchronization

/// What a store holds, in bytes and records: the sums of its index.
struct StoreLedger {
    /// Bytes of all segments.
    var usedLength: Int
    /// Of these, records that are in another segment too.
    var copiedLength: Int
    var owners: [UserID: OwnerUsage]
    /// Bytes that were promised to puts which are under way.
    private(set) var reserved: [UserID: Int] = [:]
    /// Goes up with all that leaves dead records behind.
    var deadChangeCount = 0

    init(usedLength: Int, copiedLength: Int, owners: [UserID: OwnerUsage]) {
        self.usedLength = usedLength
        self.copiedLength = copiedLength
        self.owners = owners
    }

    /// Bytes of the segments, as they are when nothing is copied.
    var recordsLength: Int { usedLength - copiedLength }

    var reservedLength: Int { reserved.values.reduce(0, +) }

    mutating func reserve(_ needs: [UserID: Int]) {
        for (owner, need) in needs { reserved[owner, default: 0] += need }
    }

    mutating func release(_ needs: [UserID: Int]) {
        for (owner, need) in needs {
            let rest = (reserved[owner] ?? 0) - need
            reserved[owner] = rest == 0 ? nil : rest
        }
    }

    /// Notes one record that was copied: the original counts no more, unless it was found to be
    /// damaged meanwhile. Then the copy is all there is, and counts anew.
    mutating func addCopy(_ row: FragmentIndexRow, isOriginalLive: Bool) {
        if isOriginalLive {
            copiedLength += row.recordLength
        } else {
            owners[row.owner, default: .zero].add(row)
        }
    }
}

extension DiskFragmentStore {
    /// Bytes of a customer's quota that are used or promised to puts.
    func taken(by owner: UserID) -> Int {
        ledger.withLock { ($0.owners[owner]?.charged ?? 0) + ($0.reserved[owner] ?? 0) }
    }

    /// Bytes of the segments, and those that are promised to puts.
    var takenLength: Int { ledger.withLock { $0.recordsLength + $0.reservedLength } }

    /// Bytes that are promised to puts.
    var reservedLength: Int { ledger.withLock(\.reservedLength) }

    /// Returns when whoever writes to the segments now has done so.
    func waitForTurn() { writer.withLock { _ in } }
}

/// The puts to several disks that are decided on and not done.
struct PutsUnderWay {
    /// Where each of their fragments goes.
    var places: [FragmentAddress: DiskSlot] = [:]

    mutating func end(_ uploads: [FragmentUpload]) {
        for upload in uploads { places[upload.address] = nil }
    }
}
