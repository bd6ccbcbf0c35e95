/// Of a supplier that gives back the space of what was given up.
extension Limits {
    /// Bytes of records that are copied at once: a put waits at most for so many and one sync.
    package static let compactionStepLength = 8 << 20
    /// Records looked at in one step: their headers take up to 20 KiB each.
    package static let compactionStepCount = 256
    /// A segment is worth copying when one part in so many is dead: at 1/5 four bytes are copied
    /// for each that is given back.
    package static let compactionShare = 5
    /// The same where the donation or the disk has little left.
    package static let compactionPressingShare = 64
    /// Little is left where less than one part in so many of the donation is free.
    package static let compactionPressingFree = 10
    /// Bytes read and written for compaction each second, so that customers do not notice it: an
    /// old disk does five times as many.
    package static let compactionRate = 16 << 20
}
