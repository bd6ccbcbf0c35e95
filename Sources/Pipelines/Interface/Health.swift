package import Model
package import Placement

/// How to keep what is stored whole.
package struct RebuildRequest: Sendable {
    /// Nanoseconds of silence after which a supplier counts as gone.
    package var grace = Limits.supplierGrace
    /// Bytes that move each second; `nil` for no limit.
    package var bytesPerSecond: Int?
    /// Bytes of all buffers of the rebuild.
    package var memoryByteCount = Limits.rebuildMemoryDefault
    /// Bytes that one supplier is sent at most; the rest is for the next run.
    package var bytesPerSupplierMax = Int.max
    /// Bytes of audits for each supplier and day.
    package var auditBytesPerDay = Limits.auditBytesPerDay
    /// Asks each supplier for all that it should have before anything is planned.
    package var asksForAll = true

    package init() {}
}

/// Where a rebuild stands.
package struct RebuildProgress: Sendable {
    package enum Phase: String, Sendable {
        case asking, auditing, rebuilding, committing
    }

    package var phase = Phase.asking
    /// Blocks that were asked for, or fragments that were stored, of so many.
    package var done: UInt64 = 0
    package var total: UInt64 = 0
    package var bytesStored: UInt64 = 0

    package init() {}
}

/// How it stands with all that is stored.
package struct HealthReport: Sendable {
    /// One supplier, as it looks from here.
    package struct Supplier: Sendable {
        package var record: SupplierRecord
        package var view: SupplierView
        /// Why it does not answer; `nil` when it does.
        package var failure: String?
        package var score: SupplierScore
    }

    /// Blocks of one kind and scheme.
    package struct Group: Sendable {
        package let kind: BlockKind
        package let scheme: ErasureScheme
        package var blockCount = 0
        package var stored = 0
        package var doubtful = 0
        package var lost = 0
        package var misplaced = 0
        package var spare = 0
        /// The smallest number of suppliers that a block of the group can lose.
        package var lossesTolerated = Int.max
    }

    package var suppliers: [Supplier] = []
    /// Most important first.
    package var groups: [Group] = []
    package var blocksLost = 0
    /// Fragments that the next rebuild stores, their bytes, and those that nobody may take.
    package var fragmentsToStore = 0
    package var bytesToStore = 0
    package var fragmentsUnplaced = 0
    /// Fragments for which a later plan is made.
    package var fragmentsPostponed = 0
    /// Bytes that the last rebuild stored each second; `nil` when there was none.
    package var bytesPerSecond: Double?
    package var isNothingStored: Bool { groups.isEmpty }

    package init() {}

    /// Suppliers that may fail, whichever they are; negative when something is lost now.
    package var lossesTolerated: Int { groups.map(\.lossesTolerated).min() ?? 0 }
    package var fragmentsMissing: Int { groups.reduce(0) { $0 + $1.lost + $1.misplaced } }
    package var fragmentsDoubtful: Int { groups.reduce(0) { $0 + $1.doubtful } }
    /// Seconds that the rebuild takes at the pace of the last one.
    package var secondsLeft: Double? {
        guard let bytesPerSecond, bytesPerSecond > 0, bytesToStore > 0 else { return nil }
        return Double(bytesToStore) / bytesPerSecond
    }

    package var status: ExitStatus {
        if blocksLost > 0 { return .filesDamaged }
        return fragmentsMissing + fragmentsDoubtful > 0 ? .belowTarget : .done
    }
}

/// What a rebuild did.
package struct RebuildReport: Sendable {
    package var fragmentsStored = 0
    package var fragmentsCopied = 0
    package var fragmentsAdopted = 0
    package var fragmentsFoundLost = 0
    package var bytesFetched: UInt64 = 0
    package var bytesStored: UInt64 = 0
    package var auditsPassed = 0
    package var auditsFailed = 0
    package var auditsUnanswered = 0
    /// Newest head put on suppliers that had an older one, or none.
    package var headsStored = 0
    /// Suppliers that could not be worked with, with the reason.
    package var suppliersFailed: [SupplierRecord] = []
    package var durationNanoseconds: UInt64 = 0
    /// How it stands afterwards.
    package var health = HealthReport()

    package init() {}
}
