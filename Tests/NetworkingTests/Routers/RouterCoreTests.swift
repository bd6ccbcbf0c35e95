import Model
import Testing

@testable import Networking

/// Bytes that count: every draw is another.
final class CountingRandom: RandomSource, Sendable {
    private let dice: SharedDice

    init(_ seed: UInt64 = 1) { dice = SharedDice(seed) }

    func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        for index in bytes.indices { bytes[index] = dice.roll() }
    }
}

@Suite struct RouterCoreTests {
    private static let second: UInt64 = 1_000_000_000
    private let supplier = RouterCoreTests.name(1)
    private let customer = RouterCoreTests.name(2)

    private static func name(_ user: UInt8, device: UInt8? = 50) -> PeerName {
        PeerName(
            UserID(Bytes32([UInt8](repeating: user, count: 32))!),
            device: device.map { DeviceID(Bytes32([UInt8](repeating: $0, count: 32))!) })
    }

    private static func core(_ adjust: (inout RouterLimits) -> Void = { _ in }) -> RouterCore {
        var limits = RouterLimits()
        adjust(&limits)
        return RouterCore(limits: limits, random: CountingRandom())
    }

    /// The two passes of a call to who waits with `wait`.
    private func passes(
        _ core: inout RouterCore, wait: UInt64, at uptime: UInt64
    ) throws -> (caller: SplicePass, called: SplicePass) {
        let (answer, effects) = core.call(supplier, by: customer, at: uptime)
        guard case .pass(let caller) = answer,
            case .answer(wait, .callers(let called)) = effects.first, called.count == 1
        else { throw SessionError.closed }
        return (caller, called[0])
    }

    @Test func `a call is told to who waits, and the two connections are joined`() throws {
        var core = RouterCoreTests.core()
        #expect(core.wait(1, by: supplier, patience: 0, at: 0) == [.answer(wait: 1, .callers([]))])
        #expect(core.wait(2, by: supplier, patience: 60_000, at: 0) == [])
        let (caller, called) = try passes(&core, wait: 2, at: 1)
        #expect(caller != called)
        #expect(core.arrived(10, showing: caller) == [])
        #expect(core.counts.pending == 1)
        #expect(core.arrived(11, showing: called) == [.join(caller: 10, called: 11)])
        #expect(core.counts.joined == 1)
        #expect(core.closed(10) == [])
        #expect(core.closed(11) == [])
        #expect(core.counts.joined == 0 && core.splices.isEmpty)
    }

    @Test func `who knows a fingerprint only gets a pass to whom it names`() throws {
        var core = RouterCoreTests.core()
        _ = core.wait(1, by: supplier, patience: 60_000, at: 0)
        let right = PeerName(UserFingerprint(of: supplier.userID).wildcard)
        let (answer, effects) = core.call(right, by: customer, at: 1)
        guard case .pass = answer, case .answer(wait: 1, .callers(let called)) = effects.first
        else {
            Issue.record("\(answer)")
            return
        }
        #expect(called.count == 1)
        let wrong = PeerName(UserFingerprint(of: customer.userID).wildcard)
        #expect(core.call(wrong, by: customer, at: 1).0 == .refused(.notWaiting))
        // Thirteen bytes are asked for, not fewer.
        var short = supplier.userID.bytes.array
        for index in 12..<32 { short[index] = 0 }
        let shorter = PeerName(UserID(Bytes32(short)!))
        #expect(core.call(shorter, by: customer, at: 1).0 == .refused(.notWaiting))
    }

    @Test func `a pass is good once`() throws {
        var core = RouterCoreTests.core()
        _ = core.wait(1, by: supplier, patience: 60_000, at: 0)
        let (caller, called) = try passes(&core, wait: 1, at: 0)
        _ = core.arrived(10, showing: caller)
        #expect(core.arrived(11, showing: caller) == [.close(connection: 11)])
        let guessed = SplicePass(bytes: .zero)
        #expect(core.arrived(12, showing: guessed) == [.close(connection: 12)])
        #expect(core.arrived(13, showing: called) == [.join(caller: 10, called: 13)])
    }

    @Test func `a splice that is not joined in time is given up`() throws {
        var core = RouterCoreTests.core()
        _ = core.wait(1, by: supplier, patience: 60_000, at: 0)
        let (caller, called) = try passes(&core, wait: 1, at: 0)
        _ = core.arrived(10, showing: caller)
        #expect(core.tick(at: 9 * RouterCoreTests.second) == [])
        #expect(core.tick(at: 10 * RouterCoreTests.second) == [.close(connection: 10)])
        #expect(core.arrived(11, showing: called) == [.close(connection: 11)])
        #expect(core.closed(10) == [] && core.splices.isEmpty)
    }

    @Test func `a caller who leaves early takes the splice along`() throws {
        var core = RouterCoreTests.core()
        _ = core.wait(1, by: supplier, patience: 60_000, at: 0)
        let (caller, called) = try passes(&core, wait: 1, at: 0)
        _ = core.arrived(10, showing: caller)
        #expect(core.closed(10) == [])
        #expect(core.counts.pending == 0)
        #expect(core.arrived(11, showing: called) == [.close(connection: 11)])
    }

    @Test func `a call between two waits is kept for the next one`() {
        var core = RouterCoreTests.core()
        _ = core.wait(1, by: supplier, patience: 0, at: 0)
        let (answer, effects) = core.call(supplier, by: customer, at: 1)
        guard case .pass = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(effects == [])
        guard
            case .answer(2, .callers(let passes)) =
                core.wait(2, by: supplier, patience: 60_000, at: 2).first
        else {
            Issue.record("the second wait was not answered")
            return
        }
        #expect(passes.count == 1)
    }

    @Test func `a wait is answered when its time is over, and the place is kept a while`() {
        var core = RouterCoreTests.core()
        let second = RouterCoreTests.second
        #expect(core.wait(1, by: supplier, patience: 20_000, at: 0) == [])
        #expect(core.tick(at: 19 * second) == [])
        #expect(core.tick(at: 20 * second) == [.answer(wait: 1, .callers([]))])
        #expect(core.tick(at: 29 * second) == [] && core.counts.waiting == 1)
        #expect(core.tick(at: 30 * second) == [] && core.counts.waiting == 0)
        #expect(core.call(supplier, by: customer, at: 31 * second).0 == .refused(.notWaiting))
    }

    @Test func `nobody may wait for longer than a request lasts`() {
        var core = RouterCoreTests.core()
        #expect(core.wait(1, by: supplier, patience: .max, at: 0) == [])
        #expect(core.tick(at: 240 * RouterCoreTests.second) == [.answer(wait: 1, .callers([]))])
    }

    @Test func `a node that is gone has no place, and its callers know at once`() {
        var core = RouterCoreTests.core()
        _ = core.wait(1, by: supplier, patience: 0, at: 0)
        guard case .pass(let pass) = core.call(supplier, by: customer, at: 0).0 else {
            Issue.record("not called")
            return
        }
        _ = core.arrived(10, showing: pass)
        #expect(core.tick(at: 10 * RouterCoreTests.second) == [.close(connection: 10)])
        _ = core.wait(2, by: supplier, patience: 60_000, at: 0)
        #expect(core.cancelled(wait: 2) == [] && core.counts.waiting == 0)
        #expect(core.call(supplier, by: customer, at: 1).0 == .refused(.notWaiting))
    }

    @Test func `a device that comes back takes its own place`() {
        var core = RouterCoreTests.core()
        _ = core.wait(1, by: supplier, patience: 60_000, at: 0)
        #expect(
            core.wait(2, by: supplier, patience: 60_000, at: 1) == [.answer(wait: 1, .callers([]))])
        // The session that it had lost is missed only now.
        #expect(core.cancelled(wait: 1) == [])
        #expect(core.counts.waiting == 1)
    }

    @Test func `a call without a device reaches the one that came last`() {
        var core = RouterCoreTests.core()
        _ = core.wait(1, by: RouterCoreTests.name(1, device: 60), patience: 60_000, at: 0)
        _ = core.wait(2, by: RouterCoreTests.name(1, device: 61), patience: 60_000, at: 0)
        let anyDevice = core.call(RouterCoreTests.name(1, device: nil), by: customer, at: 0).1
        guard case .answer(2, .callers) = anyDevice.first else {
            Issue.record("\(anyDevice)")
            return
        }
        let first = core.call(RouterCoreTests.name(1, device: 60), by: customer, at: 0).1
        guard case .answer(1, .callers) = first.first else {
            Issue.record("\(first)")
            return
        }
    }

    @Test func `places are limited for each user and for all`() {
        var core = RouterCoreTests.core { $0.waitingCountMax = 6 }
        var answers: [RouterCore.Effect] = []
        for device in 0..<6 as Range<UInt8> {
            let name = RouterCoreTests.name(1, device: device)
            answers += core.wait(UInt64(device), by: name, patience: 60_000, at: 0)
        }
        #expect(
            answers == [
                .answer(wait: 4, .refused(.tooMany)), .answer(wait: 5, .refused(.tooMany)),
            ])
        for user in 2..<5 as Range<UInt8> {
            let name = RouterCoreTests.name(user)
            answers += core.wait(UInt64(user) + 10, by: name, patience: 60_000, at: 0)
        }
        #expect(answers.last == .answer(wait: 14, .refused(.full)))
        #expect(core.counts.waiting == 6)
    }

    @Test func `a thousand calls of one user are limited, and others are still served`() {
        var core = RouterCoreTests.core()
        var served = 0
        for number in 0..<1000 as Range<UInt64> {
            _ = core.wait(number, by: supplier, patience: 60_000, at: number)
            if case .pass = core.call(supplier, by: customer, at: number).0 { served += 1 }
        }
        #expect(served == Limits.routerCallBurst)
        #expect(core.splices.count == Limits.routerCallBurst)
        #expect(core.counts.refused == 1000 - served)
        let other = core.call(supplier, by: RouterCoreTests.name(3), at: 1000).0
        guard case .pass = other else {
            Issue.record("\(other)")
            return
        }
    }

    @Test func `splices are limited for the caller, the called and all`() {
        func refusals(_ adjust: (inout RouterLimits) -> Void) -> RouterResponse {
            var core = RouterCoreTests.core(adjust)
            for number in 0..<4 as Range<UInt64> {
                _ = core.wait(number, by: supplier, patience: 60_000, at: 0)
                let answer = core.call(supplier, by: customer, at: 0).0
                if case .refused = answer { return answer }
            }
            return .callers([])
        }
        #expect(refusals { $0.splicesPerCallerMax = 3 } == .refused(.tooMany))
        #expect(refusals { $0.splicesPerCalledMax = 3 } == .refused(.peerBusy))
        #expect(refusals { $0.spliceCountMax = 3 } == .refused(.full))
        #expect(refusals { $0.callBurst = 3 } == .refused(.tooMany))
    }

    @Test func `callers who are not fetched are bounded`() {
        var core = RouterCoreTests.core()
        _ = core.wait(1, by: supplier, patience: 0, at: 0)
        for _ in 0..<Limits.callersPerAnswerMax { _ = core.call(supplier, by: customer, at: 0) }
        #expect(core.call(supplier, by: customer, at: 0).0 == .refused(.peerBusy))
    }

    @Test func `random events leave nothing behind and never join one connection twice`() {
        for seed in 0..<50 as Range<UInt64> {
            var dice = Dice(seed)
            var core = RouterCoreTests.core()
            var (now, next) = (0 as UInt64, 0 as UInt64)
            var passes: [SplicePass] = []
            var open: Set<UInt64> = []
            var joined: Set<UInt64> = []
            func note(_ effects: [RouterCore.Effect]) {
                for effect in effects {
                    switch effect {
                    case .answer(_, .callers(let more)): passes += more
                    case .answer: break
                    case .close(let connection): open.remove(connection)
                    case .join(let one, let other):
                        #expect(joined.insert(one).inserted && joined.insert(other).inserted)
                    }
                }
            }
            for _ in 0..<400 {
                next += 1
                now += UInt64(dice.roll(2_000_000_000))
                let name = RouterCoreTests.name(UInt8(dice.roll(3)), device: UInt8(dice.roll(2)))
                switch dice.roll(6) {
                case 0: note(core.wait(next, by: name, patience: 5000, at: now))
                case 1:
                    let (answer, effects) = core.call(name, by: customer, at: now)
                    if case .pass(let pass) = answer { passes.append(pass) }
                    note(effects)
                case 2 where !passes.isEmpty:
                    open.insert(next)
                    note(core.arrived(next, showing: passes.remove(at: dice.roll(passes.count))))
                case 3:
                    if let connection = open.sorted().first {
                        open.remove(connection)
                        note(core.closed(connection))
                    }
                case 4: note(core.cancelled(wait: UInt64(dice.roll(400))))
                default: note(core.tick(at: now))
                }
            }
            for connection in open.sorted() { note(core.closed(connection)) }
            note(core.tick(at: now + 1_000 * RouterCoreTests.second))
            note(core.tick(at: now + 2_000 * RouterCoreTests.second))
            #expect(core.splices.isEmpty && core.places.isEmpty, "seed \(seed)")
        }
    }
}
