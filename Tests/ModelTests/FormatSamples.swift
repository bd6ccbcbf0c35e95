import Model

/// One value of each format with every field set and every kind of entry in it.
enum FormatSamples {
    /// 32 bytes counting up from `first`.
    static func bytes32(_ first: UInt8) -> Bytes32 {
        Bytes32((0..<32).map { first &+ UInt8($0) })!
    }

    static func id<Noun>(_ first: UInt8) -> Identifier<Noun> { Identifier(bytes32(first)) }

    /// Stands in for Ed25519: 64 bytes that depend on every bit of `bytes`.
    static func sign(_ bytes: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        for seed in 1...16 as ClosedRange<UInt32> {
            writer.integer(Checksum.crc32c(bytes.span.bytes, seed: seed))
        }
        return writer.bytes
    }

    static let frames = [
        FrameEntry(
            codec: 1, storedLength: 40,
            chunks: [FrameChunk(id: id(1), length: 32), FrameChunk(id: id(2), length: 0)]),
        FrameEntry(codec: 0, storedLength: 9, chunks: [FrameChunk(id: id(3), length: 9)]),
        FrameEntry(codec: 2, storedLength: 0, chunks: []),
    ]

    /// A block's whole plaintext: header, frames, table, zeros.
    static func block(_ table: BlockTable) -> [UInt8] {
        let (header, encoded) = table.encoded()
        let frameBytes = (BlockTable.headerLength..<table.tableOffset).map { UInt8($0 & 0xFF) }
        let bytes = header + frameBytes + encoded
        let length = BlockLength(holding: bytes.count)!.plaintextLength
        return bytes + [UInt8](repeating: 0, count: length - bytes.count)
    }

    static let descriptor = BlockDescriptor(
        block: id(10), kind: .tree, scheme: ErasureScheme(dataCount: 2, parityCount: 1)!,
        length: BlockLength(exactly: 1 << 20)!,
        places: (0..<3 as Range<UInt8>).map {
            FragmentPlace(supplier: id(20 + $0), fragment: id(30 + $0))
        })

    static let fragmentHeader = FragmentHeader(
        owner: id(40), device: id(41), fragment: id(42), length: 512 << 10,
        sealedDescriptor: [UInt8](repeating: 0xA5, count: 77), sign: sign)

    static func entry(_ name: String, _ kind: EntryKind) -> TreeEntry {
        TreeEntry(
            name: Array(name.utf8), kind: kind, mode: 0o4755, userID: 1000, groupID: 100,
            modified: FileTime(seconds: -1, nanoseconds: 999_999_999))
    }

    static let entries: [TreeEntry] = {
        var directory = entry("b directory", .directory)
        directory.size = 300
        directory.content = ContentReference(depth: 0, ids: [id(50)])
        var file = entry("c file", .file)
        file.attributes = [
            ExtendedAttribute(name: Array("user.empty".utf8), value: []),
            ExtendedAttribute(name: Array("user.name".utf8), value: [0, 255]),
        ]
        file.linkGroup = 7
        file.isSparse = true
        file.size = 5 << 30
        file.content = ContentReference(depth: 1, ids: [id(51), id(52)])
        var link = entry("d link", .symbolicLink)
        link.linkTarget = Array("../there".utf8)
        var terminal = entry("e terminal", .characterDevice)
        terminal.deviceNumber = 0x0501
        var disk = entry("f disk", .blockDevice)
        disk.deviceNumber = 0x0800
        var rawName = entry("", .file)
        rawName.name = [0xFF, 0x01, 0x80]
        return [
            entry("a fifo", .fifo), directory, file, link, terminal, disk,
            entry("g socket", .socket), rawName,
        ]
    }()

    static let snapshot: Snapshot = {
        var snapshot = Snapshot(
            repository: id(60), device: id(61), taken: 1_700_000_000_123_456_789,
            setName: "docs", host: "hôte", user: "alice", program: "bitdust 0.1.0")
        snapshot.parent = id(62)
        snapshot.durationNanoseconds = 1_500_000_000
        snapshot.tags = ["weekly", ""]
        snapshot.counts.filesNew = 1
        snapshot.counts.filesChanged = 2
        snapshot.counts.filesSame = 3
        snapshot.counts.filesSkipped = 4
        snapshot.counts.directories = 5
        snapshot.counts.bytesTotal = 6
        snapshot.counts.bytesNew = 7
        snapshot.counts.bytesCompressed = 8
        snapshot.counts.bytesStored = 9
        snapshot.roots = [
            SnapshotRoot(path: Array("/home/alice/b directory".utf8), entry: entries[1]),
            SnapshotRoot(path: [0x2F, 0xFF], entry: entries[2]),
        ]
        return snapshot
    }()

    static let suppliers = [
        SupplierRecord(id: id(70), address: "/media/disk-1"),
        SupplierRecord(id: id(71), address: ""),
    ]

    static let head = Head(
        owner: id(80), repository: id(81), device: id(82), sequence: 3, previous: bytes32(83),
        written: 1_700_000_000_000_000_000, certificate: [1, 2, 3],
        sealedBody: [UInt8](repeating: 0x5A, count: 50), sign: sign)

    static let headBody = HeadBody(suppliers: suppliers, catalogBlocks: [descriptor, descriptor])

    static let catalogPage = CatalogPage(rows: [
        .block(descriptor, frames: frames), .snapshot(snapshot), .supplier(suppliers[0]),
        .note(note),
    ])

    private static let note: OwnerNote = {
        do {
            return try OwnerNote(OwnerNote.supplierChoice, Array("friends".utf8))
        } catch {
            preconditionFailure("\(error)")
        }
    }()
}
