import Model
import Testing

/// What is exactly at a limit is read; what is one above is refused.
@Suite struct FormatLimitTests {
    private func decodes(_ entry: TreeEntry) -> Bool {
        (try? Tree(Tree(sorted: [entry]).encoded()))?.entries == [entry]
    }

    private func file(name: [UInt8] = [0x61]) -> TreeEntry {
        var entry = FormatSamples.entry("a", .file)
        entry.name = name
        return entry
    }

    @Test func `a name is one component of a path`() {
        let longest = [UInt8](repeating: 0x61, count: Limits.nameLengthMax)
        for name in [longest, [0x01], [0xFF], Array("...".utf8), Array(".a".utf8)] {
            #expect(decodes(file(name: name)))
        }
        let unsafe = ["", ".", "..", "/", "a/b", "../a", "a\0", "\0"].map { Array($0.utf8) }
        for name in unsafe + [longest + [0x61]] { #expect(!decodes(file(name: name))) }
    }

    @Test func `entries out of order or twice are refused`() {
        let names = [("b", "a"), ("a", "a"), ("ab", "a")]
        for (first, second) in names {
            let entries = [FormatSamples.entry(first, .fifo), FormatSamples.entry(second, .fifo)]
            #expect(throws: FormatError.invalid(format: "tree", field: "order")) {
                try Tree(Tree(sorted: entries).encoded())
            }
        }
    }

    @Test func `modes, times and sizes keep to their range`() {
        for (change, isAllowed) in changes {
            var entry = file()
            change(&entry)
            #expect(decodes(entry) == isAllowed)
        }
    }

    private var changes: [((inout TreeEntry) -> Void, Bool)] {
        [
            ({ $0.mode = 0o7777 }, true),
            ({ $0.mode = 0o10000 }, false),
            ({ $0.modified = FileTime(seconds: .min, nanoseconds: 999_999_999) }, true),
            ({ $0.modified = FileTime(seconds: 0, nanoseconds: 1_000_000_000) }, false),
            ({ $0.size = UInt64(Int64.max) }, true),
            ({ $0.size = UInt64(Int64.max) + 1 }, false),
            ({ $0.content = content(depth: 4, count: 64) }, true),
            ({ $0.content = content(depth: 5, count: 1) }, false),
            ({ $0.content = content(depth: 0, count: 65) }, false),
            ({ $0.attributes = [attribute(name: 255, value: 1 << 19)] }, true),
            ({ $0.attributes = [attribute(name: 256, value: 0)] }, false),
            ({ $0.attributes = [attribute(name: 0, value: 0)] }, false),
            ({ $0.attributes = [attribute(name: 1, value: 1 << 20)] }, false),
            ({ $0.attributes = [attribute(name: 1, value: (1 << 20) - 1)] }, true),
            (
                {
                    $0.attributes = [
                        attribute(name: 1, value: 1 << 19), attribute(name: 2, value: 1 << 19),
                    ]
                }, false
            ),
            (
                {
                    $0.attributes = [
                        attribute(name: 1, value: (1 << 20) - 9), attribute(name: 9, value: 0),
                    ]
                }, false
            ),
        ]
    }

    private func content(depth: UInt8, count: Int) -> ContentReference {
        ContentReference(
            depth: depth, ids: (0..<count).map { FormatSamples.id(UInt8($0)) })
    }

    private func attribute(name: Int, value: Int) -> ExtendedAttribute {
        ExtendedAttribute(
            name: [UInt8](repeating: 0x61, count: name),
            value: [UInt8](repeating: 0, count: value))
    }

    @Test func `a link target is neither empty nor endless`() {
        for (length, isAllowed) in [(0, false), (1, true), (64 << 10, true), (65 << 10, false)] {
            var link = FormatSamples.entry("a", .symbolicLink)
            link.linkTarget = [UInt8](repeating: 0x61, count: length)
            #expect(decodes(link) == isAllowed, "\(length)")
        }
    }

    @Test func `a snapshot bounds its texts, tags and roots`() {
        for (limit, change) in snapshotChanges {
            for (count, isAllowed) in [(limit, true), (limit + 1, false)] {
                var snapshot = FormatSamples.snapshot
                change(&snapshot, count)
                #expect((try? Snapshot(snapshot.encoded()) == snapshot) == (isAllowed ? true : nil))
            }
        }
    }

    private var snapshotChanges: [(Int, (inout Snapshot, Int) -> Void)] {
        [
            (Limits.textLengthMax, { $0.setName = String(repeating: "a", count: $1) }),
            (Limits.textLengthMax, { $0.tags = [String(repeating: "a", count: $1)] }),
            (Limits.tagCountMax, { $0.tags = (0..<$1).map(String.init) }),
            (
                Limits.snapshotPathCountMax,
                { $0.roots = Array(repeating: FormatSamples.snapshot.roots[0], count: $1) }
            ),
        ]
    }

    @Test func `a frame bounds its chunks and their bytes`() {
        let id: ChunkID = FormatSamples.id(1)
        let cases: [(FrameEntry, Bool)] = [
            (frame(lengths: [Limits.frameLengthMax]), true),
            (frame(lengths: [Limits.frameLengthMax, 1]), false),
            (frame(lengths: [Limits.frameLengthMax + 1]), false),
            (frame(lengths: Array(repeating: 0, count: Limits.frameChunkCountMax)), true),
            (frame(lengths: Array(repeating: 0, count: Limits.frameChunkCountMax + 1)), false),
        ]
        for (frame, isAllowed) in cases {
            let bytes = FormatSamples.block(BlockTable(kind: .data, frames: [frame]))
            let table = bytes.withUnsafeBytes { try? BlockTable(plaintext: $0) }
            #expect((table?.frames == [frame]) == isAllowed)
        }

        func frame(lengths: [Int]) -> FrameEntry {
            FrameEntry(
                codec: 0, storedLength: 0, chunks: lengths.map { FrameChunk(id: id, length: $0) })
        }
    }

    @Test func `a block bounds its frames and chunks`() {
        let empty = FrameEntry(codec: 0, storedLength: 0, chunks: [])
        let chunk = FrameChunk(id: FormatSamples.id(1), length: 0)
        let full = FrameEntry(
            codec: 0, storedLength: 0,
            chunks: Array(repeating: chunk, count: Limits.frameChunkCountMax))
        let fullCount = Limits.blockChunkCountMax / Limits.frameChunkCountMax
        let cases: [([FrameEntry], Bool)] = [
            (Array(repeating: empty, count: Limits.blockFrameCountMax), true),
            (Array(repeating: empty, count: Limits.blockFrameCountMax + 1), false),
            (Array(repeating: full, count: fullCount), true),
            (
                Array(repeating: full, count: fullCount) + [
                    FrameEntry(
                        codec: 0, storedLength: 0, chunks: [chunk])
                ], false
            ),
        ]
        for (frames, isAllowed) in cases {
            let bytes = FormatSamples.block(BlockTable(kind: .data, frames: frames))
            let table = bytes.withUnsafeBytes { try? BlockTable(plaintext: $0) }
            #expect((table?.frames == frames) == isAllowed)
        }
    }

    @Test func `a block whose length is no class is refused`() {
        let bytes = FormatUnderTest.block.sample
        let error = FormatError.invalid(format: "block", field: "length")
        #expect(throws: error) {
            try bytes.dropLast().withUnsafeBytes { _ = try BlockTable(plaintext: $0) }
        }
    }

    @Test(arguments: [0, 1, 4095, 4097, 8 << 20 | 4096])
    func `a fragment is whole pages, at least one, at most 8 MiB`(_ length: Int) {
        let header = FragmentHeader(
            owner: FormatSamples.id(1), device: FormatSamples.id(2), fragment: FormatSamples.id(3),
            length: length, sealedDescriptor: [], sign: FormatSamples.sign)
        #expect(throws: FormatError.self) { try FragmentHeader(header.encoded()) }
    }

    @Test func `a head is at most 1 MiB and its sequence starts at one`() {
        for (sequence, bodyLength, isAllowed) in [
            (1, 0, true), (0, 0, false), (1, Limits.headLengthMax - 500, true),
            (1, Limits.headLengthMax, false),
        ] as [(UInt64, Int, Bool)] {
            let head = Head(
                owner: FormatSamples.id(1), repository: FormatSamples.id(2),
                device: FormatSamples.id(3), sequence: sequence, previous: .zero, written: 0,
                certificate: [], sealedBody: [UInt8](repeating: 0, count: bodyLength),
                sign: FormatSamples.sign)
            #expect(((try? Head(head.encoded())) == head) == isAllowed)
        }
    }
}
