import Model
import Testing

@testable import Networking

/// What one user may move through a router, with times that are numbers.
@Suite struct RouterMeterTests {
    private let second: UInt64 = 1_000_000_000
    private let users = (1...5).map { UserID(Bytes32(words: (UInt64($0), 0, 0, 0))) }

    @Test func `a user has its bytes each second and no more, whatever the pieces are`() {
        for piece in [1000, 4096, 65_536, 1_000_000] {
            var meter = RouterMeter(bytesPerSecond: 100_000, bytesPerDay: 0)
            var now: UInt64 = 5
            var moved = 0
            while now < 100 * second {
                moved += piece
                switch meter.moved(piece, by: [users[0]], at: now) {
                case .goOn: break
                case .wait(let nanoseconds): now += nanoseconds
                case .spent: Issue.record("there is no limit for the day")
                }
            }
            // A hundred seconds, one more at the start, and the last piece.
            #expect(moved <= 101 * 100_000 + piece, "\(piece)")
            #expect(moved >= 99 * 100_000, "\(piece)")
        }
    }

    @Test func `both users of a splice pay, and others do not wait for them`() {
        var meter = RouterMeter(bytesPerSecond: 1000, bytesPerDay: 0)
        #expect(meter.moved(1000, by: [users[0], users[1]], at: 0) == .goOn)
        #expect(meter.moved(500, by: [users[1], users[2]], at: 0) == .wait(second / 2))
        #expect(meter.moved(500, by: [users[2]], at: 0) == .goOn)
        #expect(meter.moved(1000, by: [users[3], users[4]], at: 0) == .goOn)
        #expect(meter.moved(0, by: [users[1]], at: second / 2) == .goOn)
        // A user who calls itself pays once.
        #expect(meter.moved(1000, by: [users[3], users[3]], at: second) == .goOn)
    }

    @Test func `when the day's bytes are used up the user waits for the next day`() {
        var meter = RouterMeter(bytesPerSecond: 0, bytesPerDay: 10_000)
        #expect(meter.moved(9_999, by: [users[0]], at: 7) == .goOn)
        #expect(!meter.isSpent(users[0], at: 8))
        #expect(meter.moved(1, by: [users[0], users[1]], at: 8) == .spent)
        #expect(meter.isSpent(users[0], at: 9) && !meter.isSpent(users[1], at: 9))
        #expect(meter.uses(at: 9).map(\.user) == [users[0], users[1]])
        #expect(meter.uses(at: 9).map(\.byteCount) == [10_000, 1])
        let tomorrow = 7 + 86_400 * second
        #expect(!meter.isSpent(users[0], at: tomorrow))
        #expect(meter.moved(1, by: [users[0]], at: tomorrow) == .goOn)
    }

    @Test func `no crowd makes it remember more users than the limit`() {
        var meter = RouterMeter(bytesPerSecond: 1000, bytesPerDay: 1 << 30)
        _ = meter.moved(5000, by: [users[0]], at: 0)
        for number in 0..<UInt64(Limits.routerMeterUserMax * 2) {
            _ = meter.moved(1, by: [UserID(Bytes32(words: (9, number, 0, 0)))], at: 1)
        }
        #expect(meter.uses(at: 2).count <= Limits.routerMeterUserMax)
        #expect(meter.uses(at: 2).first?.user == users[0], "who has moved most is forgotten last")
    }

    @Test func `who has used up its day is cut off and not called again`() async throws {
        let station = try await RouterStation.open {
            $0.bytesPerDay = 256 << 10
            $0.returnDeadline = .seconds(600)
        }
        let node = try await HiddenNode.open()
        async let waited = node.waitOnce(at: station.endpoint)
        let caller = try Caller()
        while station.router.counts.waiting == 0 { await Task.yield() }
        let own = try await caller.pass(to: node.name, at: station.endpoint)
        // What comes is left to the kernel, whose buffers take more than the limit.
        let reader = try await RawConnection.open(to: station.endpoint)
        try await reader.stopReading()
        try await reader.send(try #require(try await waited.first).preface)
        let writer = try await RawConnection.open(to: station.endpoint)
        try await writer.send(try #require(own).preface)
        let piece = patterned(1 << 20)
        var taken = 0
        while taken < 128, (try? await writer.send(piece)) != nil { taken += 1 }
        #expect(taken < 64, "the splice has not ended")
        let uses = station.router.uses
        #expect(uses.count == 2 && uses.allSatisfy { $0.byteCount >= 256 << 10 })
        // No more than what was read when the limit was passed.
        #expect(uses.allSatisfy { $0.byteCount < 1 << 20 })
        // The place is kept for a while after a call: only the day is in the way.
        #expect(station.router.counts.waiting == 1)
        #expect(try await caller.pass(to: node.name, at: station.endpoint) == nil)
        await reader.close()
        await writer.close()
        await node.close()
        await station.close()
    }
}
