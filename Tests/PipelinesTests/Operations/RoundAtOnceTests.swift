import Dispatch
import Model
import Pipelines
import Simulation
import Suppliers
import Synchronization
import Testing

/// A round of the owner's own node asks and audits all suppliers at the same time.
@Suite struct RoundAtOnceTests {
    /// Lets callers on when so many are there; one who has waited too long goes on alone.
    private final class Meeting: Sendable {
        private let count: Int
        private let come = Atomic(0)
        private let late = Atomic(0)
        private let all = DispatchSemaphore(value: 0)

        init(_ count: Int) {
            self.count = count
        }

        var lateCount: Int { late.load(ordering: .sequentiallyConsistent) }

        func wait() {
            let number = come.add(1, ordering: .sequentiallyConsistent).newValue
            guard number <= count else { return }
            if number == count {
                for _ in 1..<count { all.signal() }
            } else if all.wait(timeout: .now() + 30) == .timedOut {
                late.add(1, ordering: .sequentiallyConsistent)
            }
        }
    }

    @Test func `no supplier answers before all have been asked and audited`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        let (asked, audited, headed) = (Meeting(4), Meeting(4), Meeting(4))
        let firsts = Mutex<Set<String>>([])
        let adapters = station.adapters(patience: .none) { address, call throws(ChannelError) in
            func first(_ meeting: Meeting, _ name: String) {
                if firsts.withLock({ $0.insert("\(name) \(address)").inserted }) { meeting.wait() }
            }
            switch call {
            case .has: first(asked, "has")
            case .audit, .get: first(audited, "audit")
            case .heads: first(headed, "heads")
            default: break
            }
        }
        let report = try station.with(adapters) {
            try $0.rebuild(RebuildRequest(), cancellation: Cancellation()) { _ in }
        }
        #expect(asked.lateCount == 0 && audited.lateCount == 0 && headed.lateCount == 0)
        #expect(report.auditsPassed > 100 && report.auditsUnanswered == 0)
        #expect(report.fragmentsFoundLost == 0 && report.health.status == .done)
    }

    @Test func `a challenge of a catalog block that gets no answer is put until it is lost`() throws
    {
        let time = ManualTime()
        time.jump(days: 20_000)
        let station = try Station(time: time)
        station.fillSource()
        try station.backup()
        // Silent to every challenge, and answering all else: with no budget only the catalog's
        // blocks are asked for, one in each round.
        let silent = station.supplier(1)
        let adapters = station.adapters(patience: .none) { address, call throws(ChannelError) in
            switch call {
            case .audit, .get: if address == silent { throw .timedOut }
            default: break
            }
        }
        var request = RebuildRequest()
        request.auditBytesPerDay = 1
        for number in 1...Limits.auditAttemptsMax {
            time.advance(nanoseconds: 3_600_000_000_000)
            let report = try station.with(adapters) {
                try $0.rebuild(request, cancellation: Cancellation()) { _ in }
            }
            let isLast = number == Limits.auditAttemptsMax
            #expect(report.auditsUnanswered == (isLast ? 0 : 1), "round \(number)")
            #expect(report.auditsFailed == (isLast ? 1 : 0), "round \(number)")
            // The others answer theirs: who is silent to a challenge is not called away for it.
            #expect(report.auditsPassed == 3)
            #expect(report.health.suppliers.allSatisfy { $0.standing.answers })
        }
    }
}
