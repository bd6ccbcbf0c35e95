import Model
import Simulation
import Synchronization
import Testing

@testable import Pipelines

@Suite struct FetchPatienceTests {
    private let time = ManualTime()
    private let one = SupplierID(Bytes32(words: (1, 0, 0, 0)))
    private let other = SupplierID(Bytes32(words: (2, 0, 0, 0)))
    private let told = Told()

    private final class Told: Sendable {
        let waits = Mutex<[(awaited: Set<SupplierID>, until: Timestamp)]>([])
    }

    private func patience() -> FetchPatience {
        FetchPatience(
            .patience(hold: 0, networkHold: 60_000_000_000), time: time,
            cancellation: Cancellation(),
            waiting: { [told] awaited, until in
                told.waits.withLock { $0.append((awaited, until)) }
            })
    }

    private func hoped(_ patience: FetchPatience) -> Set<SupplierID> {
        patience.settled({ 0 }, isEnough: { _ in true }).hoped
    }

    @Test func `each silence is worth waiting for once`() {
        let patience = patience()
        patience.stayedSilent(one)
        time.advance(nanoseconds: 40_000_000_000)
        patience.stayedSilent(one)
        patience.stayedSilent(other)
        #expect(hoped(patience) == [one, other])
        time.advance(nanoseconds: 20_000_000_000)
        #expect(hoped(patience) == [other] && patience.silent == [one, other])
        patience.answered(one)
        #expect(patience.silent == [other])
        patience.stayedSilent(one)
        #expect(hoped(patience) == [one, other])
    }

    @Test func `whom all wait for is told once, and again for more of them`() throws {
        let patience = patience()
        patience.stayedSilent(one)
        time.advance(nanoseconds: 10_000_000_000)
        patience.stayedSilent(other)
        var wanted: [Set<SupplierID>] = [[one], [one], [one, other], [other], []]
        try patience.persist { wanted.removeFirst() }
        #expect(told.waits.withLock { $0.map(\.awaited) } == [[one], [one, other]])
        // The one has been silent for ten seconds, the other only now.
        #expect(
            told.waits.withLock { $0.map(\.until.nanoseconds) } == [
                60_000_000_000, 70_000_000_000,
            ])
        // A new wait is told anew.
        wanted = [[one], []]
        try patience.persist { wanted.removeFirst() }
        #expect(told.waits.withLock { $0.count } == 3)
    }

    @Test func `whoever comes back while others are asked is asked again at once`() {
        let patience = patience()
        patience.stayedSilent(one)
        var asked = 0
        let answer = patience.settled {
            asked += 1
            if asked == 1 { patience.answered(one) }
            return asked
        } isEnough: {
            $0 == 5
        }
        #expect(answer.value == 2 && answer.silent.isEmpty)
        #expect(patience.settled({ asked }, isEnough: { _ in false }).value == 2)
    }

    @Test func `whoever comes and goes without end is not waited for without end`() throws {
        let patience = patience()
        var asked = 0
        let answer = patience.settled {
            asked += 1
            patience.stayedSilent(one)
            patience.answered(one)
            patience.stayedSilent(one)
        } isEnough: { _ in
            false
        }
        #expect(asked == Limits.supplierReturnCountMax + 1)
        #expect(answer.silent == [one] && answer.hoped.isEmpty)
    }
}
