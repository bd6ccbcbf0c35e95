import Catalogs
import Model

/// Values of every kind that a catalog keeps.
enum CatalogSamples {
    static func id<Noun>(_ first: UInt8) -> Identifier<Noun> {
        Identifier(Bytes32((0..<32).map { first &+ UInt8($0) })!)
    }

    static let frames = [
        FrameEntry(
            codec: 1, storedLength: 40,
            chunks: [FrameChunk(id: id(1), length: 32), FrameChunk(id: id(2), length: 9)])
    ]

    static func descriptor(_ number: UInt8) -> BlockDescriptor {
        BlockDescriptor(
            block: id(number), kind: .data, scheme: ErasureScheme(dataCount: 2, parityCount: 2)!,
            length: .smallest,
            places: (0..<4 as Range<UInt8>).map {
                FragmentPlace(supplier: id(20 + $0), fragment: id(number &+ $0))
            })
    }

    static func head(_ sequence: UInt64) -> Head {
        Head(
            owner: id(1), repository: id(2), device: id(3), sequence: sequence, previous: .zero,
            written: 4, certificate: [1], sealedBody: [UInt8](repeating: 5, count: 100)
        ) { _ in [UInt8](repeating: 6, count: 64) }
    }

    static func commit(
        _ number: UInt8, sequence: UInt64? = nil, run: Int64?, rows: [Int64] = [],
        retired: [BlockID] = [], setName: String = "set"
    ) -> SnapshotCommit {
        let snapshot = Snapshot(
            repository: id(2), device: id(3), taken: Int64(number), setName: setName, host: "host",
            user: "user", program: "test")
        return SnapshotCommit(
            snapshot: StoredSnapshot(id: id(100 + number), snapshot: snapshot),
            head: head(sequence ?? UInt64(number)),
            body: HeadBody(suppliers: [], catalogBlocks: []), publishedBlockRows: rows, run: run,
            retiredBlocks: retired)
    }
}
