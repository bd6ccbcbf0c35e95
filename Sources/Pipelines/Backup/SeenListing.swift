internal import Model

/// What marks a file as unchanged beside its size and time of modification.
struct SeenStamp: Hashable, Sendable {
    /// Inode change time: it moves with contents and metadata, and cannot be set back.
    let changed: FileTime
    let inode: UInt64
}

/// What the last backup saw of one directory, so that the next reads nothing that is the same.
///
/// It is this machine's own, never sent: a catalog that was recovered has none and reads everything
/// once.
///
/// ```
/// offset  length  field                          docs/formats/seen-listing.md
///      0       8  magic "BDSEEN02"
///      8       8  length of the tree object
///              -  its content: depth 1, id count 4, ids
///              -  tree object: length 4
///              -  for each entry: changed seconds 8, nanoseconds 4, inode 8
///              4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/seen-listing/v2.bin`.
struct SeenListing: Sendable {
    let tree: Tree
    let treeLength: UInt64
    let content: ContentReference
    /// One for each entry.
    let stamps: [SeenStamp]
    /// The run that wrote it; not part of the listing itself.
    var run: Int64 = 0

    private static let format = "seen listing"
    private static let magic: StaticString = "BDSEEN02"

    init(tree: Tree, treeLength: UInt64, content: ContentReference, stamps: [SeenStamp]) {
        precondition(stamps.count == tree.entries.count)
        self.tree = tree
        self.treeLength = treeLength
        self.content = content
        self.stamps = stamps
    }

    /// - Parameter treeBytes: `tree`, encoded.
    func encoded(treeBytes: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(reserving: treeBytes.count + 20 * stamps.count + 128)
        writer.magic(SeenListing.magic)
        writer.integer(treeLength)
        writer.byte(content.depth)
        writer.integer(UInt32(content.ids.count))
        for id in content.ids { writer.identifier(id) }
        writer.counted(treeBytes)
        for stamp in stamps {
            writer.integer(stamp.changed.seconds)
            writer.integer(stamp.changed.nanoseconds)
            writer.integer(stamp.inode)
        }
        writer.checksum()
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(FormatError) {
        var reader = try ByteReader(checked: bytes, format: SeenListing.format)
        try reader.expect(SeenListing.magic)
        self.treeLength = try reader.integer()
        self.content = try ContentReference(from: &reader)
        self.tree = try Tree(try reader.counted(limit: bytes.count, field: "tree"))
        try reader.need(tree.entries.count * 20)
        var stamps: [SeenStamp] = []
        stamps.reserveCapacity(tree.entries.count)
        for _ in tree.entries {
            let seconds = try reader.integer(Int64.self)
            let nanoseconds = try reader.integer(UInt32.self)
            stamps.append(
                SeenStamp(
                    changed: FileTime(seconds: seconds, nanoseconds: nanoseconds),
                    inode: try reader.integer()))
        }
        try reader.finish()
        self.stamps = stamps
    }
}
