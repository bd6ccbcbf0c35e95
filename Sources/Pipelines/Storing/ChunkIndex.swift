package import Catalogs
package import Model
internal import Synchronization

/// Says where stored chunks are.
protocol ChunkLocator: Sendable {
    /// `nil` when the chunk is unknown or on its way.
    func location(of id: ChunkID) throws -> ChunkLocation?
}

/// Which chunks are stored, in memory: a look-up costs 0.1 µs where SQLite takes 3.
///
/// An open-addressing table of 32 bytes for each chunk, at most three quarters full. It keeps the
/// first 16 bytes of an id: ids are keyed hashes, so two of 2^40 chunks agree in them with a chance
/// of 2^-49, and a restore that met such a pair would say so, since it checks the whole id.
///
/// Thread rules: any thread may call; one lock, held for a look-up.
package final class ChunkIndex: ChunkLocator {
    private struct Slot {
        var first: UInt64
        var second: UInt64
        /// Block row 32 bits, frame 12, offset 20. Row 0 does not exist: the chunk is on its way.
        var place: UInt64
        /// Length of the chunk plus one; 0 in a free slot.
        var mark: UInt32
    }

    // @unchecked: only touched under the lock of the index.
    private final class Table: @unchecked Sendable {
        var slots: UnsafeMutablePointer<Slot>
        var capacity: Int
        var count = 0

        init(capacity: Int) {
            self.capacity = capacity
            self.slots = .allocate(capacity: capacity)
            slots.initialize(
                repeating: Slot(first: 0, second: 0, place: 0, mark: 0), count: capacity)
        }

        deinit {
            slots.deallocate()
        }

        /// The slot of an id, or the free one where it belongs.
        func slot(_ first: UInt64, _ second: UInt64) -> Int {
            var index = Int(truncatingIfNeeded: first) & (capacity - 1)
            while slots[index].mark != 0,
                slots[index].first != first || slots[index].second != second
            {
                index = (index + 1) & (capacity - 1)
            }
            return index
        }

        func grown() -> Table {
            let larger = Table(capacity: capacity * 2)
            for index in 0..<capacity where slots[index].mark != 0 {
                larger.slots[larger.slot(slots[index].first, slots[index].second)] = slots[index]
            }
            larger.count = count
            return larger
        }
    }

    private let table = Mutex(Table(capacity: 1 << 14))

    package init() {}

    package var count: Int { table.withLock { $0.count } }

    /// Notes that the caller stores this chunk, unless it is stored or on its way.
    ///
    /// - Parameter rows: gets the row of the block of a chunk that is stored.
    /// - Returns: true when the caller must store it.
    package func claim(_ id: ChunkID, length: Int, noting rows: RowSet? = nil) -> Bool {
        table.withLock { table in
            if table.count * 4 >= table.capacity * 3 { table = table.grown() }
            let index = table.slot(id.bytes.words.0, id.bytes.words.1)
            guard table.slots[index].mark == 0 else {
                rows?.insert(Int64(table.slots[index].place >> 32))
                return false
            }
            table.slots[index] = Slot(
                first: id.bytes.words.0, second: id.bytes.words.1, place: 0,
                mark: UInt32(length) + 1)
            table.count += 1
            return true
        }
    }

    /// Notes where the chunks of a block are.
    package func record(_ frames: [FrameEntry], blockRow: Int64) {
        table.withLock { table in
            for (number, frame) in frames.enumerated() {
                var offset = 0
                for chunk in frame.chunks {
                    if table.count * 4 >= table.capacity * 3 { table = table.grown() }
                    let first = chunk.id.bytes.words.0
                    let second = chunk.id.bytes.words.1
                    let index = table.slot(first, second)
                    if table.slots[index].mark == 0 { table.count += 1 }
                    table.slots[index] = Slot(
                        first: first, second: second,
                        place: UInt64(UInt32(blockRow)) << 32 | UInt64(number) << 20
                            | UInt64(offset), mark: UInt32(chunk.length) + 1)
                    offset += chunk.length
                }
            }
        }
    }

    /// Where the chunk is; `nil` when it is unknown or on its way.
    package func location(of id: ChunkID) -> ChunkLocation? {
        table.withLock { table in
            let slot = table.slots[table.slot(id.bytes.words.0, id.bytes.words.1)]
            guard slot.mark != 0, slot.place >> 32 != 0 else { return nil }
            return ChunkLocation(
                blockRow: UInt32(slot.place >> 32), frame: Int(slot.place >> 20 & 0xFFF),
                offset: Int(slot.place & 0xF_FFFF), length: Int(slot.mark) - 1)
        }
    }
}
