import Glibc
import Model
import Pipelines
import Placement
import Simulation
import Suppliers
import Synchronization
import Testing

/// Who is away since when, and who is replaced: one record, the same answer everywhere.
@Suite struct AbsenceStoryTests {
    private static let hour: UInt64 = 3_600_000_000_000

    /// Directories of a station that are found as nodes of a network.
    private struct Nodes: SupplierConnector {
        let honest: any SupplierConnector
        let station: Station

        static func address(_ number: Int) -> String {
            NodeAddress(user: UserID(Bytes32(words: (UInt64(number + 1), 0, 0, 9)))).description
        }

        func connect(
            to address: String, as caller: SupplierCaller, creates: Bool
        ) throws -> SupplierConnection {
            let number = try #require((0..<8).first { Nodes.address($0) == address })
            return try honest.connect(
                to: station.supplier(number), as: caller, creates: number > 3 || creates)
        }
    }

    private func network() throws -> (Station, ManualTime, Adapters) {
        let time = ManualTime()
        time.jump(days: 20_000)
        let station = try Station(suppliers: 0, time: time)
        var adapters = station.adapters
        adapters.suppliers = Nodes(honest: adapters.suppliers, station: station)
        let customer = try Customer.create(
            home: station.home, name: "test", deviceName: "station", adapters: adapters)
        defer { customer.close() }
        for number in 0..<4 {
            // A node is there before it is hired.
            _ = try station.adapters.suppliers.connect(
                to: station.supplier(number), as: customer.caller, creates: true
            ).channel.close()
        }
        #expect(try customer.hire((0..<4).map { Nodes.address($0) }).hired.count == 4)
        station.fillSource()
        _ = try customer.backup(
            BackupRequest(paths: [Array(station.source.utf8)]), cancellation: Cancellation()
        ) { _ in }
        return (station, time, adapters)
    }

    private func vacancies(_ station: Station, _ adapters: Adapters) throws -> Int {
        try station.with(adapters) {
            try $0.lookAtSuppliers()
            return try $0.review().vacancyCount
        }
    }

    @Test func `a jump of the own clock replaces nobody who is away at that moment`() throws {
        let (station, time, adapters) = try network()
        #expect(try vacancies(station, adapters) == 0)
        let away = station.scratch["away"]
        prepared(rename(station.supplier(1), away))
        for days in [3, 400, -900, 30] {
            #expect(try vacancies(station, adapters) == 0)
            time.jump(days: days)
            time.advance(nanoseconds: 5 * AbsenceStoryTests.hour)
        }
        // 20 hours of absence were seen; the clock has jumped by years.
        #expect(try vacancies(station, adapters) == 0)
        time.advance(nanoseconds: 5 * AbsenceStoryTests.hour)
        #expect(try vacancies(station, adapters) == 1, "after grace it is")
        #expect(try vacancies(station, adapters) == 1, "and once only")
        try station.with(adapters) { customer in
            let report = try customer.hire([Nodes.address(5)])
            #expect(report.hired.count == 1)
        }
        #expect(try vacancies(station, adapters) == 0)
        try station.with(adapters) { customer in
            let late = try customer.review().replaced
            #expect(late.count == 1, "who is away is remembered")
        }
        // Who was replaced was not given up: it returns, and is as good as before.
        prepared(rename(away, station.supplier(1)))
        try station.with(adapters) { customer in
            let family = try customer.family()
            #expect(family.count == 5 && family.allSatisfy { $0.standing.word == "ok" })
            let review = try customer.review()
            #expect(review.replaced == [] && review.vacancyCount == 0)
        }
    }

    @Test func `one grace is that of every report, of replacing and of rebuilding`() throws {
        let (station, time, adapters) = try network()
        try station.with(adapters) { try $0.lookAtSuppliers() }
        prepared(rename(station.supplier(2), station.scratch["away"]))
        try station.with(adapters) { try $0.lookAtSuppliers() }
        time.advance(nanoseconds: 5 * AbsenceStoryTests.hour)
        var request = RebuildRequest()
        (request.auditBytesPerDay, request.asksForAll) = (0, false)
        for (hours, isGone) in [(24, false), (6, false), (4, true), (0, true)] as [(UInt64, Bool)] {
            var adapters = adapters
            adapters.grace = hours * AbsenceStoryTests.hour
            try station.with(adapters) { customer in
                let status = try customer.status().sources.flatMap(\.groups)
                let health = try customer.health()
                let rebuilt = try customer.rebuild(request, cancellation: Cancellation()) { _ in }
                for groups in [status, health.groups, rebuilt.health.groups] {
                    #expect(groups.contains { $0.lost > 0 } == isGone, "\(hours) hours")
                    #expect(groups.contains { $0.doubtful > 0 } != isGone, "\(hours) hours")
                }
                #expect(try customer.review().vacancyCount == (isGone ? 1 : 0))
            }
        }
    }

    @Test func `every report says the same of who is away since when`() throws {
        let (station, time, adapters) = try network()
        try station.with(adapters) { try $0.lookAtSuppliers() }
        let seen = time.now.nanoseconds
        prepared(rename(station.supplier(2), station.scratch["away"]))
        time.advance(nanoseconds: AbsenceStoryTests.hour)
        func all() throws -> [[SupplierStanding]] {
            try station.with(adapters) { customer in
                [
                    try customer.family().map(\.standing),
                    try customer.status().suppliers.map(\.standing),
                    try customer.health().suppliers.map(\.standing),
                    try customer.check(
                        readsData: false, repairs: false, cancellation: Cancellation()
                    ) { _, _ in }.suppliers.map(\.state.standing),
                    try customer.lastStandings(),
                ]
            }
        }
        #expect(try all().allSatisfy { $0.count { !$0.answers } == 1 })
        time.advance(nanoseconds: 3 * AbsenceStoryTests.hour)
        let expected = Away(seen: seen, silence: 3 * AbsenceStoryTests.hour + 1)
        for standings in try all() {
            let (here, away) = (standings.filter(\.answers), standings.filter { !$0.answers })
            #expect(here.map(\.word) == ["ok", "ok", "ok"])
            #expect(away.map(\.word) == ["AWAY"] && away.map(\.away) == [expected])
            #expect(away.map(\.record.address) == [Nodes.address(2)])
        }
    }

    @Test func `who is full gets nothing new when others can, and is not moved away from`() throws {
        let (station, time, adapters) = try network()
        let full = Nodes.address(3)
        var filling = adapters
        let isFull = Atomic(true)
        filling.suppliers = Full(inner: adapters.suppliers, address: full) {
            isFull.load(ordering: .relaxed)
        }
        #expect(try vacancies(station, filling) == 0)
        for _ in 0..<3 {
            time.advance(nanoseconds: 10 * AbsenceStoryTests.hour)
            _ = try vacancies(station, filling)
        }
        try station.with(filling) { customer in
            #expect(try customer.review().vacancyCount == 1)
            let family = try customer.family()
            #expect(family.allSatisfy { $0.standing.word == "ok" }, "it answers")
            let health = try customer.health()
            #expect(health.status == .done && health.fragmentsToStore == 0)
        }
        isFull.store(false, ordering: .relaxed)
        #expect(try vacancies(station, filling) == 0)
    }

    /// A network one of whose suppliers has no room while `isFull` says so.
    private struct Full: SupplierConnector {
        let inner: any SupplierConnector
        let address: String
        let isFull: @Sendable () -> Bool

        func connect(
            to address: String, as caller: SupplierCaller, creates: Bool
        ) throws -> SupplierConnection {
            let way = try inner.connect(to: address, as: caller, creates: creates)
            guard address == self.address else { return way }
            return SupplierConnection(
                supplier: way.supplier, channel: Channel(inner: way.channel, isFull: isFull))
        }

        private final class Channel: RequestChannel {
            let payloadByteCountMax: Int
            private let inner: any RequestChannel
            private let isFull: @Sendable () -> Bool

            init(inner: any RequestChannel, isFull: @escaping @Sendable () -> Bool) {
                self.inner = inner
                self.isFull = isFull
                payloadByteCountMax = inner.payloadByteCountMax
            }

            func close() { inner.close() }

            func exchange(
                _ request: ChannelRequest, into target: UnsafeMutableRawBufferPointer?
            ) throws(ChannelError) -> ChannelAnswer {
                let answer = try inner.exchange(request, into: target)
                guard isFull(),
                    case .usage(let standing)? = try? SupplierResponse(answer.header)
                else { return answer }
                let charged = standing.customer.charged
                let full = StoreStanding(
                    store: standing.store,
                    customer: CustomerUsage(quota: charged, charged: charged), end: standing.end)
                return ChannelAnswer(
                    header: SupplierResponse.usage(full).encoded(), payloadByteCount: 0)
            }
        }
    }
}
