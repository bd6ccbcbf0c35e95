package import Model

/// Where a backup stands, as a value that the terminal, JSON and web pages render.
package struct BackupProgress: Sendable {
    package enum Phase: String, Sendable {
        case reading, committing
    }

    package var phase = Phase.reading
    package var counts = SnapshotCounts()
    package var filesDone: UInt64 = 0
    /// Found so far; final when `isTotalKnown`.
    package var filesTotal: UInt64 = 0
    package var bytesDone: UInt64 = 0
    package var bytesTotal: UInt64 = 0
    package var isTotalKnown = false
    package var currentFiles: [[UInt8]] = []
    package var errorCount: UInt64 = 0
    package var fragmentsAcknowledged: UInt64 = 0
    package var fragmentsTotal: UInt64 = 0
    package var suppliersOnline = 0
    package var suppliersNeeded = 0

    package init() {}
}

/// A source file that is not in the snapshot, or not as it was.
package struct SourceProblem: Hashable, Sendable {
    package let path: [UInt8]
    package let reason: String

    package init(path: [UInt8], reason: String) {
        self.path = path
        self.reason = reason
    }
}

/// What a backup did.
package struct BackupReport: Sendable {
    /// `nil` after a dry run.
    package var snapshotID: SnapshotID?
    package var snapshot: Snapshot
    package var problems: [SourceProblem] = []
    /// Files that changed or vanished while they were read: worth a line, not a failure.
    package var notes: [SourceProblem] = []
    package var scheme: ErasureScheme
    /// Suppliers that did not take all their fragments, with the reason.
    package var suppliersFailed: [(supplier: SupplierRecord, reason: String)] = []
    /// How many suppliers may go before a block of this snapshot is lost.
    package var lossesTolerated: Int
    package var suppliersTotal: Int

    package init(
        snapshotID: SnapshotID?, snapshot: Snapshot, scheme: ErasureScheme, lossesTolerated: Int,
        suppliersTotal: Int
    ) {
        self.snapshotID = snapshotID
        self.snapshot = snapshot
        self.scheme = scheme
        self.lossesTolerated = lossesTolerated
        self.suppliersTotal = suppliersTotal
    }

    package var status: ExitStatus {
        if !suppliersFailed.isEmpty { return .belowTarget }
        return problems.isEmpty ? .done : .filesSkipped
    }
}

/// Where a restore stands.
package struct RestoreProgress: Sendable {
    package var filesDone: UInt64 = 0
    package var filesTotal: UInt64 = 0
    package var bytesDone: UInt64 = 0
    package var bytesTotal: UInt64 = 0
    /// Already there and the same.
    package var filesSame: UInt64 = 0
    package var errorCount: UInt64 = 0
    package var suppliersOnline = 0
    package var suppliersNeeded = 0

    package init() {}
}

/// What a restore did.
package struct RestoreReport: Sendable {
    package var snapshotID: SnapshotID
    package var filesRestored: UInt64 = 0
    package var filesSame: UInt64 = 0
    /// Left alone because of the overwrite policy.
    package var filesKept: UInt64 = 0
    package var directories: UInt64 = 0
    package var bytesRestored: UInt64 = 0
    package var durationNanoseconds: UInt64 = 0
    /// Missing or damaged files, with the reason.
    package var problems: [SourceProblem] = []
    /// Metadata that this user may not set, such as the owner, with how often.
    package var metadataIssues: [(what: String, count: UInt64)] = []
    /// Fragments that their suppliers did not have, or had with other bytes, by supplier.
    package var fragmentsHealed: [(supplier: SupplierRecord, count: UInt64)] = []
    /// Suppliers that gave no answer for some fragments and none since.
    package var suppliersAway: [SupplierAbsence] = []
    /// Of the problems, those that may be gone when suppliers are back.
    package var filesAway = 0

    package init(snapshotID: SnapshotID) {
        self.snapshotID = snapshotID
    }

    package var status: ExitStatus {
        if problems.isEmpty { return .done }
        return filesAway == problems.count ? .tooFewSuppliers : .filesDamaged
    }
}

/// A supplier that could not be asked, or stopped answering.
package struct SupplierAbsence: Hashable, Sendable {
    package let supplier: SupplierRecord
    package let fragmentCount: UInt64
    /// Why it could not be asked at all; `nil` when it stopped answering.
    package let reason: String?

    package init(supplier: SupplierRecord, fragmentCount: UInt64, reason: String?) {
        self.supplier = supplier
        self.fragmentCount = fragmentCount
        self.reason = reason
    }
}

/// A supplier as it is now.
package struct SupplierState: Sendable {
    package let standing: SupplierStanding
    package let usedByteCount: UInt64
    package let fragmentCount: UInt64

    package var record: SupplierRecord { standing.record }
    package var failure: String? { standing.failure }

    package init(standing: SupplierStanding, usedByteCount: UInt64, fragmentCount: UInt64) {
        self.standing = standing
        self.usedByteCount = usedByteCount
        self.fragmentCount = fragmentCount
    }
}

/// What `status` says.
package struct StatusReport: Sendable {
    package var user: UserID
    package var userName: String
    package var isKeySaved: Bool
    package var suppliers: [SupplierState] = []
    /// The smallest number of further suppliers that any block can lose; negative when one is lost.
    package var lossesTolerated: Int?
    package var snapshotCount = 0
    package var latest: (id: SnapshotID, snapshot: Snapshot)?
    package var blockCount = 0
    package var chunkCount = 0
    /// Bytes of plaintext in all chunks, of the sealed blocks, of all fragments.
    package var plainByteCount: UInt64 = 0
    package var sealedByteCount: UInt64 = 0
    package var storedByteCount: UInt64 = 0
    /// The last day on which a round of rebuilding was done, and whether another scheme is wanted.
    package var rebuilding: RebuildJournal.Day?
    package var isReshapeWanted = false
    /// How it stands with each source, as suppliers' presence says.
    package var sources: [HealthReport.Source] = []

    package init(user: UserID, userName: String, isKeySaved: Bool) {
        self.user = user
        self.userName = userName
        self.isKeySaved = isKeySaved
    }
}

/// What a check found.
package struct CheckReport: Sendable {
    package var blocksChecked: UInt64 = 0
    package var fragmentsChecked: UInt64 = 0
    package var fragmentsMissing: UInt64 = 0
    /// Read and wrong; only with `--read-data`.
    package var fragmentsDamaged: UInt64 = 0
    /// Written again to the supplier that had lost or damaged them; only with `--repair`.
    package var fragmentsRebuilt: UInt64 = 0
    package var bytesRead: UInt64 = 0
    /// Blocks that fewer than `dataCount` good fragments are left of.
    package var blocksLost: [BlockID] = []
    /// Paths, with their snapshot, that need a lost block.
    package var pathsLost: [(snapshot: SnapshotID, path: [UInt8])] = []
    package var lossesTolerated: Int?
    package var suppliers: [(state: SupplierState, missing: UInt64, damaged: UInt64)] = []

    package init() {}

    package var status: ExitStatus {
        if !blocksLost.isEmpty { return .filesDamaged }
        return fragmentsMissing + fragmentsDamaged > fragmentsRebuilt ? .belowTarget : .done
    }
}
