import Glibc
import Model
import Pipelines
import Simulation
import Testing

@Suite struct CheckTests {
    @Test func `a whole store has nothing to say`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        let check = try station.check()
        #expect(check.status == .done && check.lossesTolerated == 2)
        #expect(check.blocksChecked >= 3 && check.fragmentsChecked == 4 * check.blocksChecked)
        #expect(check.bytesRead == 0)
        let read = try station.check(readsData: true)
        #expect(read.status == .done && read.fragmentsDamaged == 0)
        #expect(read.bytesRead == (try station.status().storedByteCount))
    }

    @Test func `flips are found only by reading`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        flip(station, 1)
        #expect(try station.check().status == .done)
        let read = try station.check(readsData: true)
        #expect(read.status == .belowTarget && read.lossesTolerated == 1)
        #expect(read.fragmentsDamaged > 0 && read.fragmentsRebuilt == 0)
        #expect(read.suppliers.map(\.damaged).map { $0 > 0 } == [false, true, false, false])
        #expect(read.blocksLost.isEmpty && read.pathsLost.isEmpty)
    }

    @Test func `a missing supplier is found without reading`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        station.deleteSupplier(3)
        let check = try station.check()
        #expect(check.status == .belowTarget && check.lossesTolerated == 1)
        #expect(check.fragmentsMissing == check.blocksChecked)
        #expect(check.suppliers[3].missing == check.blocksChecked)
        #expect(check.suppliers[3].state.failure != nil)
    }

    @Test func `a repair restores full health and later losses are survived`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        flip(station, 0)
        for path in station.segments(2) { prepared(unlink(path)) }
        let repair = try station.check(readsData: true, repairs: true)
        #expect(repair.status == .done && repair.lossesTolerated == 2)
        #expect(repair.fragmentsDamaged > 0 && repair.fragmentsMissing > 0)
        #expect(repair.fragmentsRebuilt == repair.fragmentsDamaged + repair.fragmentsMissing)
        let again = try station.check(readsData: true)
        #expect(again.status == .done && again.lossesTolerated == 2)
        #expect(again.fragmentsDamaged == 0 && again.fragmentsMissing == 0)
        #expect(try station.status().lossesTolerated == 2)
        // Only the repaired ones are left.
        for number in [1, 3] { station.deleteSupplier(number) }
        #expect(try station.restore().status == .done)
        #expect(station.differences() == [])
    }

    @Test func `a repair without reading mends what is missing`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        for number in [0, 1] {
            for path in station.segments(number) { prepared(truncate(path, 0)) }
        }
        let repair = try station.check(repairs: true)
        #expect(repair.status == .done && repair.fragmentsRebuilt > 0)
        #expect(repair.fragmentsRebuilt == repair.fragmentsMissing)
        for number in [2, 3] { station.deleteSupplier(number) }
        #expect(try station.restore().status == .done)
        #expect(station.differences() == [])
    }

    @Test func `a repair leaves what cannot be repaired and says so`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        station.deleteSupplier(0)
        flip(station, 1)
        let repair = try station.check(readsData: true, repairs: true)
        #expect(repair.fragmentsRebuilt == repair.fragmentsDamaged)
        #expect(repair.status == .belowTarget && repair.lossesTolerated == 1)
    }

    @Test func `a check that was cancelled says so`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        let cancellation = Cancellation()
        cancellation.cancel()
        #expect(throws: CancelledError.self) {
            try station.with {
                _ = try $0.check(
                    readsData: true, repairs: false, cancellation: cancellation
                ) { _, _ in }
            }
        }
    }

    /// Changes one bit in each page of 4 KiB of the second half of the supplier's segments.
    private func flip(_ station: Station, _ number: Int) {
        for path in station.segments(number) {
            guard var bytes = Files.read(path) else { continue }
            for offset in stride(from: bytes.count / 2, to: bytes.count, by: 4096) {
                bytes[offset] ^= 4
            }
            Files.write(bytes, to: path)
        }
    }
}
