internal import Glibc
internal import Model

/// The chance that a block is lost, by playing its life many times (Monte Carlo).
///
/// It knows nothing of the chain: it draws moments of death, of the end of repairs and of shocks,
/// and counts. Losses are rare, so lives are split: those that come to one missing fragment more
/// than ever before are noted, and the next round starts from the noted moments. The chance is the
/// product of the rounds' shares, and has no bias; the spread of independent repetitions is its
/// error.
///
/// - SeeAlso: Garvels, “The splitting method in rare event simulation”, 2000 (fixed effort).
package struct DurabilityTrials: Sendable {
    /// How long a repair takes.
    package enum Timing: Hashable, Sendable {
        /// Exponentially distributed, as the chain has it.
        case exponential
        /// Always the mean: nearer to a grace followed by a transfer.
        case fixed
    }

    package struct Estimate: Hashable, Sendable {
        package let loss: Double
        /// Standard error of `loss`.
        package let error: Double
    }

    package let model: DurabilityModel
    package let timing: Timing
    private let seed: UInt64

    package init(model: DurabilityModel, timing: Timing = .exponential, seed: UInt64) {
        self.model = model
        self.timing = timing
        self.seed = seed
    }

    /// The chance that a block which is whole at the start is lost within `days`.
    ///
    /// - Parameters:
    ///   - effort: lives of each round.
    ///   - repetitions: independent runs; at least two, for the error.
    /// - Complexity: O(`repetitions` · `effort` · parity fragments · deaths of a life).
    package func estimate(
        days: Double = DurabilityModel.yearDays, effort: Int, repetitions: Int = 10
    ) -> Estimate {
        precondition(effort > 0 && repetitions > 1)
        var seeds = TrialRandom(seed: seed)
        let runs = (0..<repetitions).map { _ in
            var random = TrialRandom(seed: seeds.next())
            return run(days: days, effort: effort, random: &random)
        }
        let mean = runs.reduce(0, +) / Double(repetitions)
        let squares = runs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let variance = squares / Double(repetitions * (repetitions - 1))
        return Estimate(loss: mean, error: variance.squareRoot())
    }

    /// Lives of each round for about `eventCount` events in all.
    package func effort(eventCount: Int, days: Double = DurabilityModel.yearDays) -> Int {
        let deaths = model.deathRate(missing: 0) * days
        let events = 2 * max(1, deaths) * Double(model.lossState * 10)
        return max(50, Int(min(Double(eventCount) / events, 1e6)))
    }

    /// One run: lives without a shock, and lives whose first shock comes within the time, each with
    /// its share. So rare shocks are not waited for.
    private func run(days: Double, effort: Int, random: inout TrialRandom) -> Double {
        let levels = Array(1...model.lossState)
        let withShock = -expm1(-model.shockRate * days)
        var chance = 0.0
        if withShock < 1 {
            let calm = split(levels, days: days, effort: effort, random: &random) { _ in .infinity }
            chance += (1 - withShock) * calm
        }
        guard withShock > 0 else { return chance }
        // A shock jumps over levels, so that few of them serve better, with more lives for each.
        let step = max(1, model.lossState / 3)
        let few = Array(stride(from: model.lossState, to: 0, by: -step).reversed())
        let rate = model.shockRate
        let struck = split(
            few, days: days, effort: effort * levels.count / few.count, random: &random
        ) { random in
            -log1p(-random.fraction() * withShock) / rate
        }
        return chance + withShock * struck
    }

    /// - Parameter firstShock: draws the day of a life's first shock.
    private func split(
        _ levels: [Int], days: Double, effort: Int, random: inout TrialRandom,
        firstShock: (inout TrialRandom) -> Double
    ) -> Double {
        var starts: [BlockLife] = []
        var chance = 1.0
        for level in levels {
            var arrivals: [BlockLife] = []
            for number in 0..<effort {
                // Each start in its turn: less spread than drawing them.
                var life =
                    starts.isEmpty
                    ? BlockLife(nextShock: firstShock(&random)) : starts[number % starts.count]
                if play(&life, until: level, days: days, random: &random) { arrivals.append(life) }
            }
            guard !arrivals.isEmpty else { return 0 }
            chance *= Double(arrivals.count) / Double(effort)
            arrivals.shuffle(using: &random)
            starts = arrivals
        }
        return chance
    }

    /// Goes on with a life until so many fragments are missing.
    ///
    /// - Returns: whether that was within `days`.
    private func play(
        _ life: inout BlockLife, until level: Int, days: Double, random: inout TrialRandom
    ) -> Bool {
        while life.missing < level {
            let death = model.deathRate(missing: life.missing)
            let drawn = timing == .exponential ? model.repairRate(missing: life.missing).rate : 0
            let next = life.day + random.exponential(rate: death + drawn)
            let nearest = min(next, life.nextShock)
            if timing == .fixed, let end = life.repairEnds.first, end <= min(nearest, days) {
                finishFixedRepair(of: &life, at: end)
                continue
            }
            guard nearest <= days else { return false }
            life.day = nearest
            if life.nextShock <= next {
                strike(&life, random: &random)
            } else if random.fraction() * (death + drawn) < death {
                lose(1, of: &life)
            } else {
                life.missing = model.repairRate(missing: life.missing).left
            }
        }
        return true
    }

    private func strike(_ life: inout BlockLife, random: inout TrialRandom) {
        guard let shocks = model.shocks else { return }
        let present = model.scheme.fragmentCount - life.missing
        let hits = (0..<present).count { _ in random.fraction() < shocks.share }
        life.nextShock = life.day + random.exponential(rate: model.shockRate)
        lose(hits, of: &life)
    }

    private func lose(_ count: Int, of life: inout BlockLife) {
        life.missing += count
        guard timing == .fixed, count > 0 else { return }
        let end = life.day + model.repairDays
        switch model.repair {
        case .parallel: life.repairEnds += [Double](repeating: end, count: count)
        case .serial: if life.repairEnds.isEmpty { life.repairEnds = [end] }
        case .lazy(let threshold):
            let isDue = model.scheme.fragmentCount - life.missing <= threshold
            if life.repairEnds.isEmpty && isDue { life.repairEnds = [end] }
        }
    }

    private func finishFixedRepair(of life: inout BlockLife, at end: Double) {
        life.day = end
        life.repairEnds.removeFirst()
        switch model.repair {
        case .parallel: life.missing -= 1
        case .serial:
            life.missing -= 1
            if life.missing > 0 { life.repairEnds = [end + model.repairDays] }
        case .lazy: life.missing = 0
        }
    }
}

/// Where one block is in its life.
private struct BlockLife {
    var day = 0.0
    var missing = 0
    var nextShock: Double
    /// Ends of the repairs under way, ascending, when their length is fixed.
    var repairEnds: [Double] = []
}

/// Numbers that a seed repeats: SplitMix64 (Steele, Lea, Flood, 2014). Not for keys.
struct TrialRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// Within 0 and 1, without 1.
    mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func exponential(rate: Double) -> Double { -log(1 - fraction()) / rate }
}
