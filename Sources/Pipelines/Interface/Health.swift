package import Model
package import Placement

/// How to keep what is stored whole.
package struct RebuildRequest: Sendable {
    /// Nanoseconds of silence after which a supplier counts as gone; `nil` for what the customer
    /// was opened with.
    package var grace: UInt64?
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
        package var standing: SupplierStanding
        package var view: SupplierView
        package var score: SupplierScore

        package var record: SupplierRecord { standing.record }
        package var failure: String? { standing.failure }
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
        package var blocksLost = 0
        /// The smallest number of suppliers that a block of the group can lose.
        package var lossesTolerated = Int.max

        package init(kind: BlockKind, scheme: ErasureScheme) {
            self.kind = kind
            self.scheme = scheme
        }
    }

    /// What is backed up under one name. A block that two of them need is counted in both.
    package struct Source: Sendable {
        /// Name of the set; `nil` for what no snapshot is known to need.
        package let name: String?
        /// Of its last snapshot.
        package let host: String?
        package let paths: [[UInt8]]
        /// Most important first.
        package let groups: [Group]

        package init(name: String?, host: String?, paths: [[UInt8]], groups: [Group]) {
            self.name = name
            self.host = host
            self.paths = paths
            self.groups = groups
        }
    }

    /// Copies of the newest head, one for each supplier.
    package struct Heads: Hashable, Sendable {
        package var stored = 0
        package var doubtful = 0
        package var lost = 0
        package var misplaced = 0

        package init(stored: Int = 0) {
            self.stored = stored
        }
    }

    package var suppliers: [Supplier] = []
    /// Most important first.
    package var groups: [Group] = []
    package var sources: [Source] = []
    /// `nil` before the first.
    package var heads: Heads?
    /// Snapshots of other machines whose blocks are not assigned to a source yet.
    package var unmappedSnapshotCount = 0
    /// Blocks that cannot be read now, and those of them that can when all suppliers return.
    package var blocksLost = 0
    package var blocksWaiting = 0
    /// Fragments to be stored anew, by this plan and later ones, and their bytes.
    package var fragmentsLeft = 0
    package var bytesLeft = 0
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
    package var lossesTolerated: Int {
        let blocks = groups.map(\.lossesTolerated).min() ?? 0
        // Without a head nobody knows what the blocks are: one copy has to stay.
        return heads.map { min(blocks, max(0, $0.stored + $0.misplaced - 1)) } ?? blocks
    }
    package var fragmentsMissing: Int { groups.reduce(0) { $0 + $1.lost + $1.misplaced } }
    package var fragmentsDoubtful: Int { groups.reduce(0) { $0 + $1.doubtful } }
    /// Seconds that the rebuild takes at the pace of the last one.
    package var secondsLeft: Double? {
        guard let bytesPerSecond, bytesPerSecond > 0, bytesToStore > 0 else { return nil }
        return Double(bytesLeft) / bytesPerSecond
    }

    package var status: ExitStatus {
        if blocksLost > 0 { return .filesDamaged }
        return fragmentsMissing + fragmentsDoubtful > 0 ? .belowTarget : .done
    }
}

extension HealthReport {
    package enum Tone: Sendable {
        case good, warning, bad
    }

    /// The sentence that matters: how it begins, and the rest.
    ///
    /// - Parameter text: how numbers are written.
    package func sentence(
        _ text: (Int) -> String = { "\($0)" }
    ) -> (tone: Tone, start: String, rest: String) {
        let supplierCount = suppliers.count { !$0.view.isLeaving }
        let losses = lossesTolerated
        if isNothingStored { return (.good, "Nothing is backed up yet", "") }
        if blocksLost > 0 {
            let those = blocksWaiting == blocksLost ? "all" : text(blocksWaiting)
            let hope =
                blocksWaiting == 0
                ? "" : "; \(those) of them can when the suppliers that are away return"
            let count = groups.reduce(0) { $0 + $1.blockCount }
            return (
                .bad, "LOST",
                ": \(text(blocksLost)) of \(text(count)) \(count == 1 ? "block" : "blocks") "
                    + "cannot be read from the suppliers that answer" + hope
            )
        }
        let may =
            losses <= 0
            ? "no supplier may fail now" : "any \(losses) of \(supplierCount) suppliers may fail"
        if fragmentsMissing > 0 {
            let those = fragmentsMissing == 1 ? "fragment" : "fragments"
            let rest = ", \(text(fragmentsMissing)) \(those) to rebuild: \(may)"
            return (.warning, "Everything can be restored", rest)
        }
        if fragmentsDoubtful > 0 {
            return (.warning, "Everything can be restored", ", a supplier is silent: \(may)")
        }
        return losses <= 0
            ? (.warning, "Everything is stored", ", but \(may)")
            : (.good, "Everything is safe", ": \(may)")
    }

    /// In one word, for machines.
    package var word: String {
        if isNothingStored { return "empty" }
        if blocksLost > 0 { return "lost" }
        if status != .done { return "degraded" }
        return lossesTolerated <= 0 ? "at_risk" : "safe"
    }
}

extension HealthReport.Group {
    /// What its blocks hold, in a word.
    package var name: String {
        switch kind {
        case .data: "data"
        case .tree: "directories"
        case .catalog: "catalog"
        }
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
