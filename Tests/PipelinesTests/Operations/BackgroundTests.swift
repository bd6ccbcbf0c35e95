import Catalogs
import Glibc
import Model
import Placement
import Simulation
import Testing

@testable import Pipelines

/// What a node does for its owner by itself: journal, reshapes that wait, giving way.
@Suite struct BackgroundTests {
    private func filled() throws -> (Station, ManualTime) {
        let time = ManualTime()
        time.jump(days: 20_000)
        let station = try Station(time: time)
        station.fillSource()
        try station.backup()
        return (station, time)
    }

    private func rebuild(_ station: Station) throws -> RebuildReport {
        try station.with {
            try $0.rebuild(RebuildRequest(), cancellation: Cancellation()) { _ in }
        }
    }

    @Test func `the journal tells what was found and done each day, and stays short`() throws {
        let (station, time) = try filled()
        _ = try rebuild(station)
        for path in station.segments(1) { prepared(truncate(path, 0)) }
        let lost = try rebuild(station)
        let first = try station.with { try $0.rebuildJournal().days }
        #expect(first.count == 1)
        #expect(first[0].day == 20_000 && first[0].roundCount == 2)
        #expect(first[0].foundLost == UInt32(lost.fragmentsFoundLost) && first[0].foundLost > 0)
        #expect(first[0].rebuilt == UInt32(lost.fragmentsStored) && first[0].lost == 0)
        #expect(first[0].bytesSent == lost.bytesStored)
        time.jump(days: 1)
        _ = try rebuild(station)
        time.jump(days: -5)
        _ = try rebuild(station)
        let later = try station.with { try $0.rebuildJournal() }
        #expect(later.days.map(\.day) == [20_000, 20_001])
        #expect(later.days.map(\.roundCount) == [2, 2])
        #expect(later == RebuildJournal(later.encoded))
        #expect(RebuildJournal(Array(later.encoded.dropLast())).days.isEmpty)
        var long = RebuildJournal()
        for day in 0..<200 {
            long.note(
                RebuildReport(), at: Timestamp(nanoseconds: Int64(day) * 86_400_000_000_000))
        }
        #expect(long.days.map(\.day) == Array(110..<200))
    }

    @Test func `a reshape that was stopped waits for the node, and is over when it is done`()
        throws
    {
        let (station, _) = try filled()
        let scheme = Redundancy.scheme(try #require(ErasureScheme("1+3")))
        try station.with { customer in
            let stopped = Cancellation()
            #expect(throws: CancelledError.self) {
                try customer.reshape(scheme, cancellation: stopped) { _, _ in stopped.cancel() }
            }
            let pending = try customer.pendingReshape()
            #expect(pending == scheme)
        }
        try station.with { customer in
            let wanted = try #require(try customer.pendingReshape())
            let report = try customer.reshape(wanted, cancellation: Cancellation()) { _, _ in }
            #expect(report.blocksReshaped > 0 && report.blocksLeft == 0)
            #expect(try customer.pendingReshape() == nil)
            for wanted in [Redundancy.automatic, .survive(3), scheme, nil] {
                try customer.wantReshape(wanted)
                #expect(try customer.pendingReshape() == wanted)
            }
        }
    }

    @Test func `a family of directories hires nobody by itself`() throws {
        let (station, _) = try filled()
        station.deleteSupplier(1)
        let vacancies = try station.with { customer in
            try customer.lookAtSuppliers()
            return try customer.review(grace: 0).vacancyCount
        }
        #expect(vacancies == 0)
    }

    @Test func `work in the background stops when a command wants the home`() throws {
        let (station, _) = try filled()
        let customer = try Customer.open(
            home: station.home, adapters: station.adapters, isBackground: true)
        let (home, adapters) = (station.home, station.adapters)
        let command = WorkerThread {
            // It waits until the other has given way.
            (try? Customer.open(home: home, adapters: adapters))?.close()
        }
        let cancellation = Cancellation()
        customer.givingWay(cancellation) {
            while !cancellation.isCancelled { sched_yield() }
        }
        #expect(cancellation.isCancelled)
        customer.close()
        command.join()
    }
}
