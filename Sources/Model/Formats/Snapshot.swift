/// What one backup read and stored, counted.
package struct SnapshotCounts: Hashable, Sendable {
    package var filesNew: UInt64 = 0
    package var filesChanged: UInt64 = 0
    package var filesSame: UInt64 = 0
    /// Could not be read; the snapshot lacks them.
    package var filesSkipped: UInt64 = 0
    package var directories: UInt64 = 0
    /// Bytes of all files in the snapshot.
    package var bytesTotal: UInt64 = 0
    /// Bytes of plaintext in chunks that were not stored before.
    package var bytesNew: UInt64 = 0
    /// Bytes of the frames of those chunks.
    package var bytesCompressed: UInt64 = 0
    /// Bytes of the fragments that were sent.
    package var bytesStored: UInt64 = 0

    package init() {}

    package var filesTotal: UInt64 { filesNew + filesChanged + filesSame }
}

/// One path that was backed up: where it was and its entry, whose content is a tree object when it
/// is a directory.
package struct SnapshotRoot: Hashable, Sendable {
    /// Absolute, raw bytes.
    package let path: [UInt8]
    package let entry: TreeEntry

    package init(path: [UInt8], entry: TreeEntry) {
        self.path = path
        self.entry = entry
    }
}

/// Trees at one time. It exists only when every block it needs has its receipts.
///
/// ```
/// offset  length  field                          docs/formats/snapshot.md
///      0       8  magic "BDSNAP01"
///      8      32  repository id
///     40      32  device id
///     72      32  parent snapshot id, zero when there is none
///    104       8  taken, nanoseconds since 1970
///    112       8  seconds that it took, in nanoseconds
///              -  set name, host, user, program: each length 4, UTF-8
///              -  tags: count 4, each length 4, UTF-8
///              -  counts: 9 of 8
///              -  roots: count 4, each path with length 4, then an entry as in a tree
///              4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/snapshot/v1.bin`.
package struct Snapshot: Hashable, Sendable {
    package var repository: RepositoryID
    package var device: DeviceID
    package var parent: SnapshotID?
    /// Nanoseconds since 1970.
    package var taken: Int64
    package var durationNanoseconds: UInt64 = 0
    package var setName: String
    package var host: String
    package var user: String
    package var program: String
    package var tags: [String] = []
    package var counts = SnapshotCounts()
    package var roots: [SnapshotRoot] = []

    private static let format = "snapshot"
    private static let magic: StaticString = "BDSNAP01"

    package init(
        repository: RepositoryID, device: DeviceID, taken: Int64, setName: String, host: String,
        user: String, program: String
    ) {
        self.repository = repository
        self.device = device
        self.taken = taken
        self.setName = setName
        self.host = host
        self.user = user
        self.program = program
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 512)
        writer.magic(Snapshot.magic)
        writer.identifier(repository)
        writer.identifier(device)
        writer.bytes32(parent?.bytes ?? .zero)
        writer.integer(taken)
        writer.integer(durationNanoseconds)
        for text in [setName, host, user, program] { writer.text(text) }
        writer.integer(UInt32(tags.count))
        for tag in tags { writer.text(tag) }
        for count in counts.list { writer.integer(count) }
        writer.integer(UInt32(roots.count))
        for root in roots {
            writer.counted(root.path)
            Tree.encode(root.entry, into: &writer)
        }
        writer.checksum()
        return writer.bytes
    }

    package init(_ bytes: [UInt8]) throws(FormatError) {
        var reader = try ByteReader(checked: bytes, format: Snapshot.format)
        try reader.expect(Snapshot.magic)
        let limit = Limits.textLengthMax
        let repository = try reader.identifier(RepositoryID.self)
        let device = try reader.identifier(DeviceID.self)
        let parent = try reader.bytes32()
        let taken = try reader.integer(Int64.self)
        let duration = try reader.integer(UInt64.self)
        self.init(
            repository: repository, device: device, taken: taken,
            setName: try reader.text(limit: limit, field: "set name"),
            host: try reader.text(limit: limit, field: "host"),
            user: try reader.text(limit: limit, field: "user"),
            program: try reader.text(limit: limit, field: "program"))
        self.parent = parent == .zero ? nil : SnapshotID(parent)
        self.durationNanoseconds = duration
        let tagCount = try reader.count(limit: Limits.tagCountMax, field: "tags")
        for _ in 0..<tagCount { tags.append(try reader.text(limit: limit, field: "tag")) }
        self.counts = try SnapshotCounts(from: &reader)
        let rootCount = try reader.count(limit: Limits.snapshotPathCountMax, field: "roots")
        for _ in 0..<rootCount {
            let path = try reader.counted(limit: limit, field: "path")
            roots.append(SnapshotRoot(path: path, entry: try Tree.decodeEntry(&reader)))
        }
        try reader.finish()
    }
}

extension SnapshotCounts {
    fileprivate var list: [UInt64] {
        [
            filesNew, filesChanged, filesSame, filesSkipped, directories, bytesTotal, bytesNew,
            bytesCompressed, bytesStored,
        ]
    }

    fileprivate init(from reader: inout ByteReader) throws(FormatError) {
        self.init()
        filesNew = try reader.integer()
        filesChanged = try reader.integer()
        filesSame = try reader.integer()
        filesSkipped = try reader.integer()
        directories = try reader.integer()
        bytesTotal = try reader.integer()
        bytesNew = try reader.integer()
        bytesCompressed = try reader.integer()
        bytesStored = try reader.integer()
    }
}
