import Dispatch
import Model
import Simulation
import Suppliers
import Synchronization
import Testing

@testable import Pipelines

@Suite struct FragmentRaceTests {
    /// What is read goes here, a page for each position.
    private final class Places: Sendable {
        let buffer = PageBuffer(byteCount: 8 * Limits.pageLength)

        subscript(position: Int) -> UnsafeMutableRawBufferPointer {
            buffer[position * Limits.pageLength..<(position + 1) * Limits.pageLength]
        }

        func first(_ position: Int) -> UInt8 { self[position][0] }
    }

    private static func fill(_ target: UnsafeMutableRawBufferPointer, _ position: Int) {
        target.initializeMemory(as: UInt8.self, repeating: UInt8(position + 1))
    }

    private func race(
        _ positions: [Int], needed: Int, isHasty: Bool = false, into places: Places,
        patience: UInt64 = 600_000_000_000, late: (Int, UInt64) -> Void = { _, _ in },
        read: @escaping FragmentRace.Read
    ) -> [Int] {
        FragmentRace(
            positions, needed: needed, length: Limits.pageLength, isHasty: isHasty,
            recycler: BufferRecycler(), read: read
        ).run(patience: { _ in patience }, place: { places[$0] }, late: late)
    }

    @Test func `nobody else is asked when all are good`() {
        let places = Places()
        let asked = Mutex<Set<Int>>([])
        let found = race([0, 1, 2, 3], needed: 2, into: places) { position, target, _ in
            asked.withLock { _ = $0.insert(position) }
            FragmentRaceTests.fill(target, position)
            return true
        }
        #expect(found.sorted() == [0, 1])
        #expect(asked.withLock { $0 } == [0, 1])
        #expect(places.first(0) == 1 && places.first(1) == 2)
    }

    @Test func `what is shorter than the longest leaves alone what follows its place`() {
        let page = Limits.pageLength
        let places = Places()
        places[1].initializeMemory(as: UInt8.self, repeating: 77)
        let found = FragmentRace(
            [0], needed: 1, length: 2 * page, recycler: BufferRecycler()
        ) { position, target, _ in
            FragmentRaceTests.fill(target, position)
            return true
        }.run(patience: { _ in .max }, place: { places[$0] }, late: { _, _ in })
        #expect(found == [0])
        #expect(places.first(0) == 1 && places[0].allSatisfy { $0 == 1 })
        #expect(places[1].allSatisfy { $0 == 77 })
    }

    @Test func `for each that is bad another is asked`() {
        let places = Places()
        let found = race([5, 0, 1, 2, 3], needed: 2, into: places) { position, target, _ in
            FragmentRaceTests.fill(target, position)
            return position == 2 || position == 3
        }
        #expect(found.sorted() == [2, 3])
        #expect(places.first(5) == 0 && places.first(0) == 0)
    }

    @Test func `too few good ones are what is left`() {
        let found = race([0, 1, 2], needed: 2, into: Places()) { position, _, _ in position == 1 }
        #expect(found == [1])
        #expect(race([], needed: 2, into: Places()) { _, _, _ in true } == [])
    }

    @Test func `a spare takes the place of one that is late, which writes nothing afterwards`() {
        let places = Places()
        let (answer, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let given = Mutex<[Int]>([])
        let isCancelled = Mutex(false)
        let found = race(
            [0, 1, 2], needed: 2, into: places, patience: 1_000_000,
            late: { position, _ in given.withLock { $0.append(position) } }
        ) { position, target, cancellation in
            guard position == 1 else {
                FragmentRaceTests.fill(target, position)
                return true
            }
            // It answers when everything is over, and would be good.
            answer.wait()
            isCancelled.withLock { $0 = cancellation.isCancelled }
            FragmentRaceTests.fill(target, position)
            ended.signal()
            return true
        }
        #expect(found.sorted() == [0, 2])
        #expect(given.withLock { $0 } == [1])
        answer.signal()
        ended.wait()
        #expect(isCancelled.withLock { $0 })
        #expect(places.first(1) == 0, "what is late is dropped")
    }

    @Test func `of two that are late the first that answers is taken`() {
        let places = Places()
        let slow = DispatchSemaphore(value: 0)
        let found = race([0, 1], needed: 1, into: places, patience: 1_000_000) {
            position, target, _ in
            // The spare fails, and only then the late one answers.
            if position == 1 {
                slow.signal()
                return false
            }
            slow.wait()
            FragmentRaceTests.fill(target, position)
            return true
        }
        #expect(found == [0])
        #expect(places.first(0) == 1)
    }

    @Test func `who is hasty waits neither for the late nor for the bad`() {
        let answer = DispatchSemaphore(value: 0)
        let other = DispatchSemaphore(value: 0)
        let late = race([0, 1], needed: 2, isHasty: true, into: Places(), patience: 1_000_000) {
            position, _, _ in
            if position == 1 { answer.wait() }
            return true
        }
        // The other one may not have been heard by then.
        #expect(late == [0] || late == [])
        answer.signal()
        let bad = race([0, 1], needed: 2, isHasty: true, into: Places()) { position, _, _ in
            if position == 1 { other.wait() }
            return position == 1
        }
        #expect(bad == [])
        other.signal()
    }

    // MARK: Times

    @Test func `an answer is late by what its supplier usually takes`() {
        let suppliers = (0..<4).map { SupplierID(SeededRandom(seed: UInt64($0)).bytes32()) }
        var delays = HedgeDelays()
        (delays.unknown, delays.min, delays.max) = (500, 10, 10_000)
        let times = AnswerTimes(delays)
        #expect(times.patience(suppliers[0]) == 500)
        for time in 1...100 { times.note(suppliers[0], nanoseconds: UInt64(time)) }
        // Of the last 32, 69 to 100, the 31st.
        #expect(times.patience(suppliers[0]) == 148)
        times.note(suppliers[1], nanoseconds: 1)
        #expect(times.patience(suppliers[1]) == 10)
        times.note(suppliers[2], nanoseconds: 1_000_000)
        #expect(times.patience(suppliers[2]) == 10_000)
        #expect(times.slow(among: suppliers) == [suppliers[0], suppliers[2]])
        #expect(times.slow(among: [suppliers[0], suppliers[0], suppliers[2]]) == [suppliers[2]])
        #expect(times.slow(among: []).isEmpty)
    }

    // MARK: Pieces

    @Test func `pieces are whole leaves of data fragments`() throws {
        let random = SeededRandom(seed: 3)
        let length = try #require(BlockLength.all.first)
        let scheme = try #require(ErasureScheme(dataCount: 4, parityCount: 1))
        let descriptor = BlockDescriptor(
            block: BlockID(random.bytes32()), kind: .data, scheme: scheme, length: length,
            places: (0..<5).map { _ in
                FragmentPlace(
                    supplier: SupplierID(random.bytes32()), fragment: FragmentID(random.bytes32()))
            })
        let fragment = descriptor.fragmentLength
        func pieces(_ ranges: [Range<Int>]) -> [String] {
            BlockFetcher.pieces(ranges, of: descriptor).map { "\($0.position):\($0.range)" }
        }
        #expect(pieces([0..<56]) == ["0:0..<1024"])
        #expect(pieces([0..<56, 900..<1100]) == ["0:0..<2048"])
        #expect(pieces([0..<56, 5000..<5001]) == ["0:0..<1024", "0:4096..<5120"])
        #expect(
            pieces([fragment - 1..<2 * fragment + 1]) == [
                "0:\(fragment - 1024)..<\(fragment)", "1:0..<\(fragment)", "2:0..<1024",
            ])
    }
}
