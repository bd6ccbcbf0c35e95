/// Of a supplier that keeps its segments in a bucket.
extension Limits {
    /// How often a bucket is asked before it counts as silent: 503 is a usual answer of a service
    /// that grows, and is meant to be asked again.
    package static let objectAttemptCountMax = 4
    /// Before the second attempt; doubled before each that follows.
    package static let objectPause: Duration = .milliseconds(200)
    /// For an attempt, besides the time for its bytes.
    package static let objectDeadline: Duration = .seconds(20)
    /// Without a byte moving either way a bucket counts as silent: an answer takes a second or two
    /// where there is trouble, and who waits holds a thread.
    package static let objectPatience: Duration = .seconds(10)
    /// How often one request is sent to a silent bucket, to see whether it answers again; the
    /// others are refused at once. Nanoseconds.
    package static let objectTrialInterval: UInt64 = 2_000_000_000
    /// Bytes that Linux takes of a connection before anything is acknowledged (tcp_wmem).
    package static let objectSendBufferLength = 4 << 20
    /// Bytes that are handed to a connection at once: progress is noted after each.
    package static let objectPieceLength = 256 << 10
    /// Bytes each second: a link that is slower is of no use to a supplier.
    package static let objectRateMin = 256 << 10
    /// Connections that are kept for the next request: as many as a supplier has threads.
    package static let objectConnectionCountMax = 8
    /// Bytes of one page of a list: 1000 keys of 1024 bytes and what is said of them.
    package static let objectListLengthMax = 4 << 20
    /// Pages: a thousand million objects.
    package static let objectListPageCountMax = 1_000_000
    /// Bytes of an answer that says why not.
    package static let objectErrorLengthMax = 64 << 10
    /// Bytes that a bucket is said to have room for: what is donated is the limit.
    package static let objectRoom = 1 << 50
    /// `s3://BUCKET/PREFIX`: with the longest key of ours it stays below the 1024 bytes of a key.
    package static let objectPlaceLengthMax = 256
    /// Bytes of certificates that are trusted: those of all the world's authorities are 220 KB.
    package static let certificatesLengthMax = 1 << 20
}
