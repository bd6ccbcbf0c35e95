// What a rebuilder takes of others, and what is kept of grants and rounds.

extension Limits {
    /// Copies beside their places that a block is handed over with; more are of no use to anybody.
    package static let spareCountMax = 255
    /// Suppliers of one owner that a rebuilder is told of: four times the largest family.
    package static let grantedSupplierCountMax = 1024
    /// Bytes of one message of blocks or moves to or from a rebuilder: a hundred blocks of 8+12.
    package static let rebuilderPageLength = 4 << 20
    /// Names of blocks in one answer of a rebuilder.
    package static let rebuilderInventoryCountMax = 4096
    /// Owners that a rebuilder works for, and bytes of what they hand over together: headers of
    /// 50 GiB at 8+12.
    package static let rebuilderOwnerCountMax = 64
    package static let rebuilderByteCountMax = 1 << 30
    /// Nanoseconds for which a rebuilder remembers what it stored by a grant that has expired: 30
    /// days, in which its owner may grant anew.
    package static let expiredGrantAge: Int64 = 30 * 86_400_000_000_000
    /// Challenges of 1 KiB that a rebuilder puts to each supplier in a round.
    package static let rebuilderAuditCount = 8
    /// Blocks that a rebuilder works on at the same time, and bytes of the buffers for each: all
    /// missing fragments of a block of 8+12 at once, so that its sources are read once.
    package static let rebuilderBlocksAtOnce = 6
    package static let rebuilderBlockMemory = 32 << 20
    /// Suppliers that a round opens, asks and audits at the same time: of the widest families a
    /// part, so that a node does not start hundreds of threads to wait in.
    package static let suppliersAtOnce = 32
    /// Questions in a row without an answer after which a supplier is left alone for a round: each
    /// takes `requestTime`.
    package static let roundSilencesMax = 3
    /// Paths that health names of those that cannot be restored: a screen; `--lost` names all.
    package static let lostPathShownMax = 20
    /// Bytes of the filter that says which chunks are not in a table on disk: with ten million lost
    /// chunks, those of 120,000 blocks, it still answers for 98 of 100 others by itself.
    package static let chunkFilterLength = 16 << 20
    /// Directories that a walk over many snapshots remembers, 40 to 80 bytes each.
    package static let knownTreeCountMax = 1 << 17
    /// Days that the journal of rebuilding keeps: a quarter of a year.
    package static let rebuildJournalDayMax = 90
    /// Repairs of which it is remembered how long they took: more would outweigh the suppliers that
    /// there are now by those of years ago.
    package static let repairHistoryCountMax = 64
    /// Grants of one owner that may be revoked before they expire, and checked ones that a supplier
    /// remembers so that it checks signatures once.
    package static let revokedGrantCountMax = 256
    package static let grantCacheCountMax = 256
}
