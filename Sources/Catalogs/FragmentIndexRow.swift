package import Model

/// Where one record of a fragment is in the segments of a supplier.
package struct FragmentIndexRow: Hashable, Sendable {
    package let owner: UserID
    package let fragment: FragmentID
    /// Number of the segment.
    package let segment: Int
    /// Bytes from the start of the segment to the record.
    package let offset: Int
    /// Bytes of the record's header, whole pages.
    package let headerLength: Int
    /// Bytes of the fragment.
    package let length: Int
    /// Of the record; a later record of the same fragment has a higher one.
    package let sequence: UInt64
    package let state: FragmentState

    package init(
        owner: UserID, fragment: FragmentID, segment: Int, offset: Int, headerLength: Int,
        length: Int, sequence: UInt64, state: FragmentState
    ) {
        self.owner = owner
        self.fragment = fragment
        self.segment = segment
        self.offset = offset
        self.headerLength = headerLength
        self.length = length
        self.sequence = sequence
        self.state = state
    }

    /// Bytes that the record takes on the disk.
    package var recordLength: Int { headerLength + length }
}

package enum FragmentState: Hashable, Sendable {
    case live
    /// Given up by its owner; the number is the sequence of the tombstone.
    case tombstoned(sequence: UInt64)
    /// The record's bytes are not what was written.
    case corrupt
    /// A later record of the same fragment has taken its place, and its owner is not charged for
    /// this one.
    case copied
}

/// How far the index knows a segment.
package struct SegmentIndexRow: Hashable, Sendable {
    package let number: Int
    /// Bytes from the start that the index covers.
    package let length: Int
    /// The highest sequence of a record in it, zero without records.
    package let lastSequence: UInt64

    package init(number: Int, length: Int, lastSequence: UInt64) {
        self.number = number
        self.length = length
        self.lastSequence = lastSequence
    }
}

/// A fragment that its owner gives up.
package struct TombstoneRow: Hashable, Sendable {
    package let owner: UserID
    package let fragment: FragmentID
    /// Of the tombstone; earlier records of the fragment are given up by it.
    package let sequence: UInt64

    package init(owner: UserID, fragment: FragmentID, sequence: UInt64) {
        self.owner = owner
        self.fragment = fragment
        self.sequence = sequence
    }
}

/// What the records of one customer take, in bytes with their headers.
package struct OwnerUsage: Hashable, Sendable {
    package var liveCount: Int
    package var liveLength: Int
    package var tombstonedLength: Int

    package static let zero = OwnerUsage(liveCount: 0, liveLength: 0, tombstonedLength: 0)

    package init(liveCount: Int, liveLength: Int, tombstonedLength: Int) {
        self.liveCount = liveCount
        self.liveLength = liveLength
        self.tombstonedLength = tombstonedLength
    }
}

/// Why the index did not do what it was asked.
package enum FragmentIndexError: Error, Equatable, Sendable {
    /// The file is no index of this version or its pages contradict each other: build it anew.
    case damaged(code: Int32)
    /// The disk is full.
    case full
    /// SQLite's extended result code; -1 for anything else.
    case failed(code: Int32)
}
