/// The object of one directory: its entries, sorted by the raw bytes of their names.
///
/// ```
/// offset  length  field                          docs/formats/tree.md
///      0       8  magic "BDTREE01"
///      8       4  entry count
///     12       -  entries
///              4  CRC-32C of all before it
///
/// entry:       2  name length, then the name
///              1  kind                           EntryKind
///              1  flags                          1 attributes, 2 link group, 4 sparse
///              2  mode    4 user id    4 group id
///              8  modified, seconds    4 nanoseconds
///              -  attributes: count 4, then name and value, each with a length of 4
///              8  link group
///              -  file and directory: size 8, depth 1, id count 4, ids of 32
///              -  symbolic link: length 4, target
///              8  devices: number
/// ```
///
/// Golden file: `fixtures/tree/v1.bin`.
package struct Tree: Hashable, Sendable {
    /// Sorted by name, no name twice.
    package let entries: [TreeEntry]

    private static let format = "tree"
    private static let magic: StaticString = "BDTREE01"
    /// Bytes of the smallest entry, which bounds the count before anything is allocated.
    private static let entryLengthMin = 27

    /// - Precondition: `entries` are sorted by name.
    package init(sorted entries: [TreeEntry]) {
        self.entries = entries
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 16 + entries.count * 96)
        writer.magic(Tree.magic)
        writer.integer(UInt32(entries.count))
        for entry in entries { Tree.encode(entry, into: &writer) }
        writer.checksum()
        return writer.bytes
    }

    package init(_ bytes: [UInt8]) throws(FormatError) {
        var reader = try ByteReader(checked: bytes, format: Tree.format)
        try reader.expect(Tree.magic)
        let count = Int(try reader.integer(UInt32.self))
        try reader.need(count * Tree.entryLengthMin)
        var entries: [TreeEntry] = []
        entries.reserveCapacity(count)
        for _ in 0..<count {
            let entry = try Tree.decodeEntry(&reader)
            if let last = entries.last, !last.name.lexicographicallyPrecedes(entry.name) {
                throw .invalid(format: Tree.format, field: "order")
            }
            entries.append(entry)
        }
        try reader.finish()
        self.entries = entries
    }

    /// Writes one entry; also the root entries of a snapshot.
    package static func encode(_ entry: TreeEntry, into writer: inout ByteWriter) {
        writer.integer(UInt16(entry.name.count))
        writer.raw(entry.name)
        writer.byte(entry.kind.rawValue)
        let flags: UInt8 =
            (entry.attributes.isEmpty ? 0 : 1) | (entry.linkGroup == nil ? 0 : 2)
            | (entry.isSparse ? 4 : 0)
        writer.byte(flags)
        writer.integer(entry.mode)
        writer.integer(entry.userID)
        writer.integer(entry.groupID)
        writer.integer(entry.modified.seconds)
        writer.integer(entry.modified.nanoseconds)
        if !entry.attributes.isEmpty {
            writer.integer(UInt32(entry.attributes.count))
            for attribute in entry.attributes {
                writer.counted(attribute.name)
                writer.counted(attribute.value)
            }
        }
        if let group = entry.linkGroup { writer.integer(group) }
        encodePayload(entry, into: &writer)
    }

    private static func encodePayload(_ entry: TreeEntry, into writer: inout ByteWriter) {
        switch entry.kind {
        case .file, .directory:
            writer.integer(entry.size)
            writer.byte(entry.content.depth)
            writer.integer(UInt32(entry.content.ids.count))
            for id in entry.content.ids { writer.identifier(id) }
        case .symbolicLink:
            writer.counted(entry.linkTarget)
        case .characterDevice, .blockDevice:
            writer.integer(entry.deviceNumber)
        case .fifo, .socket:
            break
        }
    }
}

extension Tree {
    /// Reads one entry and refuses every name that could leave its directory.
    package static func decodeEntry(_ reader: inout ByteReader) throws(FormatError) -> TreeEntry {
        let nameLength = Int(try reader.integer(UInt16.self))
        let name = try reader.take(nameLength)
        guard isSafe(name: name) else { throw .invalid(format: reader.format, field: "name") }
        guard let kind = EntryKind(rawValue: try reader.byte()) else {
            throw .invalid(format: reader.format, field: "kind")
        }
        let flags = try reader.byte()
        let mode = try reader.integer(UInt16.self)
        guard flags & ~7 == 0, mode & ~0o7777 == 0 else {
            throw .invalid(format: reader.format, field: "flags")
        }
        let userID = try reader.integer(UInt32.self)
        let groupID = try reader.integer(UInt32.self)
        let seconds = try reader.integer(Int64.self)
        let nanoseconds = try reader.integer(UInt32.self)
        guard nanoseconds < 1_000_000_000 else {
            throw .invalid(format: reader.format, field: "modified")
        }
        var entry = TreeEntry(
            name: name, kind: kind, mode: mode, userID: userID, groupID: groupID,
            modified: FileTime(seconds: seconds, nanoseconds: nanoseconds))
        if flags & 1 != 0 { entry.attributes = try decodeAttributes(&reader) }
        if flags & 2 != 0 { entry.linkGroup = try reader.integer(UInt64.self) }
        entry.isSparse = flags & 4 != 0
        try decodePayload(&reader, into: &entry)
        return entry
    }

    /// A name is one component of a path: 1...255 bytes, no `/`, no NUL, neither `.` nor `..`.
    package static func isSafe(name: [UInt8]) -> Bool {
        (1...Limits.nameLengthMax).contains(name.count)
            && !name.contains(UInt8(ascii: "/")) && !name.contains(0)
            && name != [UInt8(ascii: ".")] && name != [UInt8(ascii: "."), UInt8(ascii: ".")]
    }

    private static func decodeAttributes(
        _ reader: inout ByteReader
    ) throws(FormatError) -> [ExtendedAttribute] {
        let count = try reader.count(limit: Limits.attributesLengthMax / 8, field: "attributes")
        guard count > 0 else { throw .invalid(format: reader.format, field: "attributes") }
        try reader.need(count * 8)
        var attributes: [ExtendedAttribute] = []
        var room = Limits.attributesLengthMax
        for _ in 0..<count {
            let name = try reader.counted(limit: Limits.nameLengthMax, field: "attribute name")
            room -= name.count
            guard !name.isEmpty, !name.contains(0), room >= 0 else {
                throw .invalid(format: reader.format, field: "attribute name")
            }
            let value = try reader.counted(limit: room, field: "attribute value")
            room -= value.count
            attributes.append(ExtendedAttribute(name: name, value: value))
        }
        return attributes
    }

    private static func decodePayload(
        _ reader: inout ByteReader, into entry: inout TreeEntry
    ) throws(FormatError) {
        switch entry.kind {
        case .file, .directory:
            entry.size = try reader.integer()
            guard entry.size <= UInt64(Int64.max) else {
                throw .invalid(format: reader.format, field: "size")
            }
            entry.content = try ContentReference(from: &reader)
        case .symbolicLink:
            entry.linkTarget = try reader.counted(
                limit: Limits.linkTargetLengthMax, field: "link target")
            guard !entry.linkTarget.isEmpty, !entry.linkTarget.contains(0) else {
                throw .invalid(format: reader.format, field: "link target")
            }
        case .characterDevice, .blockDevice:
            entry.deviceNumber = try reader.integer()
        case .fifo, .socket:
            break
        }
    }
}

extension ContentReference {
    /// Reads depth, count and ids, at most `Limits.entryChunkCountMax` of them.
    package init(from reader: inout ByteReader) throws(FormatError) {
        let depth = try reader.byte()
        guard depth <= Limits.contentDepthMax else {
            throw .invalid(format: reader.format, field: "depth")
        }
        let count = try reader.count(limit: Limits.entryChunkCountMax, field: "chunk count")
        try reader.need(count * Bytes32.byteCount)
        var ids: [ChunkID] = []
        ids.reserveCapacity(count)
        for _ in 0..<count { ids.append(try reader.identifier()) }
        self.init(depth: depth, ids: ids)
    }
}
