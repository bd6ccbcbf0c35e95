internal import Catalogs
internal import Model

/// What one step of a compaction did, in bytes.
package struct CompactionStep: Hashable, Sendable {
    /// Of records that were copied to the segment that is written to.
    package var copiedLength = 0
    /// Of segments that were removed.
    package var removedLength = 0

    package init(copiedLength: Int = 0, removedLength: Int = 0) {
        self.copiedLength = copiedLength
        self.removedLength = removedLength
    }
}

/// Where the compaction of a store is.
struct CompactionState {
    var segment: SegmentCompaction?
    /// Segments with damage that nobody can read: they stay as they are.
    var kept: Set<Int> = []
    /// Segments of tombstones that something in another segment still needs.
    var waiting: Set<Int> = []
    /// What was known when nothing was worth copying.
    var idle: Occasion?

    struct Occasion: Equatable {
        let deadChangeCount: Int
        let isPressing: Bool
        /// In steps of 256 MiB: room that comes and goes is no reason to look again.
        let roomSteps: Int

        init(deadChangeCount: Int, isPressing: Bool, room: Int) {
            self.deadChangeCount = deadChangeCount
            self.isPressing = isPressing
            roomSteps = room >> 28
        }
    }
}

/// One segment whose records are looked at one after the other.
struct SegmentCompaction {
    let number: Int
    let length: Int
    /// Whether there are no fragments in it.
    let hasOnlyTombstones: Bool
    /// `nil` when the file is gone already.
    let reader: RecordReader?
    /// Up to here nothing is left that is needed.
    var offset = 0
}

/// The records of a segment that are needed from `SegmentCompaction.offset` on to `end`.
struct CompactionBatch {
    struct Tombstones {
        let owner: UserID
        let fragments: [FragmentID]
        let sequence: UInt64

        var recordLength: Int { RecordHeader.length(tombstoneCount: fragments.count) }
    }

    var live: [FragmentIndexRow] = []
    var tombstones: [Tombstones] = []
    var end: Int
    /// Bytes that the records take.
    var length = 0
}

/// Which segment is worth the work, as a function of values.
enum CompactionChoice {
    /// - Parameter uses: of all segments, ascending.
    /// - Parameter room: bytes that copies may take.
    /// - Returns: the one that gives back most for what it costs; `nil` when none is worth it.
    static func segment(
        of uses: [SegmentUse], kept: Set<Int>, isPressing: Bool, room: Int
    ) -> SegmentUse? {
        let share = isPressing ? Limits.compactionPressingShare : Limits.compactionShare
        let last = uses.last?.number
        return uses.filter { use in
            guard !kept.contains(use.number), use.liveLength <= room else { return false }
            // Tombstones alone: they go when what they gave up is gone.
            if use.liveLength == 0, use.deadLength == 0 { return use.number != last }
            return use.deadLength > 0 && use.deadLength >= use.length / share
        }.max { one, other in
            one.deadShare < other.deadShare
        }
    }
}

extension SegmentUse {
    /// 1 where nothing can be read.
    fileprivate var deadShare: Double {
        liveLength == 0 ? 1 : Double(deadLength) / Double(max(1, length))
    }
}
