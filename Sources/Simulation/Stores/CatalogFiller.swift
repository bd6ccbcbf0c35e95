package import Catalogs
internal import Model
internal import Placement

/// Fills a catalog with blocks that nobody stored, as if backups of years had: what is asked of a
/// large repository can be measured without its terabytes.
///
/// Their fragments are nowhere: a supplier that is asked for one says that it is lost.
package struct CatalogFiller {
    package enum FillingError: Error, Equatable {
        /// A backup comes first: its head, its suppliers and its set are those of all.
        case nothingStored
    }

    package var blockCount = 1000
    package var chunksPerBlock = 80
    /// Blocks of a hundred of which fragments have moved to other suppliers, as if suppliers had
    /// died and others had taken their place.
    package var movedPercent = 0
    /// Blocks of a hundred that too little is left of to read them. With any, the data blocks that
    /// were there before are lost too, so that files are.
    package var lostPercent = 0
    package var seed: UInt64 = 1

    /// Blocks of one transaction.
    private static let groupCount = 4096
    private static let framesPerBlock = 8
    /// Bytes of a chunk, so that chunks of any number are within a frame.
    private static let chunkLength = 4096

    package init() {}

    /// - Returns: rows of the blocks that were made.
    @discardableResult
    package func fill(_ catalog: Catalog) throws -> ClosedRange<Int64> {
        guard let head = try catalog.newestHead(),
            let scheme = try catalog.shapeCounts().first(where: { $0.shape.kind == .data })?
                .shape.scheme, let snapshot = try catalog.snapshots().last
        else { throw FillingError.nothingStored }
        let random = SeededRandom(seed: seed)
        let before = try catalog.lastBlockRow()
        if lostPercent > 0 { try loseStored(in: catalog) }
        // Of those that are lost everything is on suppliers that nobody knows.
        let gone = (0..<scheme.fragmentCount).map { _ in SupplierID(random.bytes32()) }
        let plan = try FamilyPlan(suppliers: try catalog.suppliers().map(\.id), scheme: scheme)
        let lost = try FamilyPlan(suppliers: gone, scheme: scheme)
        for start in stride(from: 0, to: blockCount, by: CatalogFiller.groupCount) {
            let rows = (start..<min(start + CatalogFiller.groupCount, blockCount)).map { number in
                let isLost = random.below(0..<100) < lostPercent
                var suppliers = (isLost ? lost : plan).assignment(blockNumber: UInt64(number))
                if !isLost, random.below(0..<100) < movedPercent {
                    suppliers = moved(suppliers, among: plan.suppliers, random)
                }
                return CatalogRow.block(block(suppliers, scheme, random), frames: frames(random))
            }
            try catalog.adopt(
                rows: rows, catalogBlocks: [], head: head.head, body: head.body
            ) { _ in snapshot.id }
        }
        let made = before + 1...(try catalog.lastBlockRow())
        try catalog.note(
            SourceUse(
                setName: snapshot.snapshot.setName, paths: [], rows: [made], isComplete: true),
            of: snapshot.id)
        return made
    }

    private func loseStored(in catalog: Catalog) throws {
        for row in try catalog.blockRows(kind: .data) {
            guard let places = try catalog.block(row: row)?.descriptor.places else { continue }
            for (position, place) in places.enumerated() {
                try catalog.lose(row: row, position: position, on: place.supplier)
            }
        }
    }

    private func block(
        _ suppliers: [SupplierID], _ scheme: ErasureScheme, _ random: SeededRandom
    ) -> BlockDescriptor {
        BlockDescriptor(
            block: BlockID(random.bytes32()), kind: .data, scheme: scheme, length: .largest,
            places: suppliers.map {
                FragmentPlace(supplier: $0, fragment: FragmentID(random.bytes32()))
            })
    }

    private func frames(_ random: SeededRandom) -> [FrameEntry] {
        let frameCount = min(CatalogFiller.framesPerBlock, chunksPerBlock)
        return (0..<frameCount).map { number in
            let chunks = (number..<chunksPerBlock).lazy.filter { $0 % frameCount == number }.map {
                _ in FrameChunk(id: ChunkID(random.bytes32()), length: CatalogFiller.chunkLength)
            }
            return FrameEntry(
                codec: 0, storedLength: chunks.count * CatalogFiller.chunkLength,
                chunks: Array(chunks))
        }
    }

    /// One to as many fragments as there is parity, on suppliers that have none of the block.
    private func moved(
        _ suppliers: [SupplierID], among all: [SupplierID], _ random: SeededRandom
    ) -> [SupplierID] {
        var moved = suppliers
        for _ in 0...random.below(0..<max(1, suppliers.count / 2)) {
            let others = all.filter { !moved.contains($0) }
            guard !others.isEmpty else { break }
            moved[random.below(0..<moved.count)] = others[random.below(0..<others.count)]
        }
        return moved
    }
}
