import Model
import Pipelines
import Simulation
import Suppliers
import Synchronization

/// Suppliers that do not answer some of the questions for fragments; each that gets no answer takes
/// its time by the clock of the test.
final class Outage: Sendable {
    /// What was told of the waiting, and when.
    struct Told: Sendable {
        let addresses: [String]
        /// Nanoseconds until it is over.
        let left: Int64
    }

    private struct State {
        var asked = 0
        var told: [Told] = []
    }

    private let numbers: ClosedRange<Int>
    private let away: String?
    private let time: ManualTime
    private let nanoseconds: UInt64
    private let cancellation: Cancellation?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - numbers: of the questions that get no answer; the first is 1.
    ///   - away: who does not answer, and whose questions count; everybody when `nil`.
    ///   - nanoseconds: that a question without an answer takes.
    ///   - cancellation: is asked for by whoever meets the silence.
    init(
        _ numbers: ClosedRange<Int>, of away: String? = nil, by time: ManualTime,
        each nanoseconds: UInt64 = 1_000_000_000, cancellation: Cancellation? = nil
    ) {
        self.numbers = numbers
        self.away = away
        self.time = time
        self.nanoseconds = nanoseconds
        self.cancellation = cancellation
    }

    var asked: Int { state.withLock { $0.asked } }
    var told: [Told] { state.withLock { $0.told } }

    /// How many suppliers were waited for, each time that it was told.
    var counts: [Int] { told.map(\.addresses.count) }

    func note(_ wait: SupplierWait) {
        let left = wait.until.nanoseconds - time.now.nanoseconds
        let told = Told(addresses: wait.suppliers.map(\.address), left: left)
        state.withLock { $0.told.append(told) }
    }

    func adapters(_ station: Station) -> Adapters {
        station.adapters(patience: .patience(hold: 0)) {
            [self] address, call throws(ChannelError) in
            guard [.get, .has].contains(call.code), away == nil || away == address else { return }
            let number = state.withLock { state in
                state.asked += 1
                return state.asked
            }
            guard numbers.contains(number) else { return }
            time.advance(nanoseconds: nanoseconds)
            cancellation?.cancel()
            throw .unreachable(reason: "no network")
        }
    }
}
