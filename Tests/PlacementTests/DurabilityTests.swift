import Foundation
import Model
import Testing

@testable import Placement

private func model(
    _ scheme: String, lifetime: Double = 180, repair: Double = 2,
    _ kind: DurabilityModel.Repair = .parallel, shocks: DurabilityModel.Shocks? = nil
) throws -> DurabilityModel {
    let scheme = try #require(ErasureScheme(scheme))
    return try #require(
        DurabilityModel(
            scheme: scheme, lifetimeDays: lifetime, repairDays: repair, repair: kind,
            shocks: shocks))
}

@Suite struct DurabilityChainTests {
    @Test func `one copy is lost as its supplier dies`() throws {
        let chain = DurabilityChain(model: try model("1+0"))
        for days in [0.0, 1, 30, 365, 3650] {
            let expected = -expm1(-days / 180)
            #expect(abs(chain.loss(days: days) - expected) <= 1e-9 * expected)
        }
    }

    /// The two states solve by hand: roots of s² + (3λ+μ)s + 2λ² (Patterson, Gibson, Katz, 1988).
    @Test(arguments: [0.01, 1.0, 30, 3000])
    func `two copies are lost as the formula says`(repair: Double) throws {
        let (lambda, mu, days) = (1 / 180.0, 1 / repair, 365.0)
        let chain = DurabilityChain(model: try model("1+1", repair: repair))
        let sum = 3 * lambda + mu
        let root = (sum * sum - 8 * lambda * lambda).squareRoot()
        let fast = (sum + root) / 2
        let slow = 2 * lambda * lambda / fast
        // 1 - (fast·e^(-slow·t) - slow·e^(-fast·t)) / (fast - slow), without subtracting near ones.
        let alive = fast * -expm1(-slow * days) - slow * -expm1(-fast * days)
        let expected = alive / (fast - slow)
        #expect(abs(chain.loss(days: days) - expected) <= 1e-6 * expected, "\(expected)")
    }

    /// Without repair within the horizon the missing fragments are binomial.
    @Test(arguments: ["4+4", "8+12", "29+51"])
    func `without repair the losses are binomial`(scheme: String) throws {
        let chain = DurabilityChain(model: try model(scheme, repair: 36_500, .lazy(threshold: 0)))
        let parity = chain.model.scheme.parityCount
        for days in [0.5, 20, 365] {
            let share = -expm1(-days / 180)
            let chances = binomialChances(count: chain.model.scheme.fragmentCount, share: share)
            let expected = chances[(parity + 1)...].reversed().reduce(0, +)
            let found = chain.loss(days: days)
            #expect(abs(found - expected) <= 1e-6 * expected, "\(found) \(expected)")
        }
    }

    @Test func `small chances keep their digits`() throws {
        // Lost within a moment: all m+1 deaths come before any repair, a product of rates.
        let chain = DurabilityChain(model: try model("8+12"))
        let days = 1e-6
        let fragments = chain.model.scheme.fragmentCount
        var expected = 1.0
        for death in 0...12 {
            expected *= Double(fragments - death) / Double(death + 1)
            expected *= days / 180
        }
        #expect(expected < 1e-80)
        #expect(abs(chain.loss(days: days) / expected - 1) < 1e-4)
    }

    /// Figures of the design's table, made by another program: repair of all at once when no more
    /// than the threshold is left.
    @Test(
        arguments: [
            ("2+3", 4, 180, 1, 4e-5), ("2+3", 4, 180, 4, 2e-3), ("8+8", 14, 180, 2, 2e-6),
            ("8+12", 16, 180, 2, 3e-8), ("8+12", 16, 180, 4, 6e-6), ("8+12", 16, 365, 2, 5e-11),
            ("16+24", 32, 180, 4, 1e-7),
        ] as [(String, Int, Double, Double, Double)])
    func `lazy repair gives the figures known for it`(
        scheme: String, threshold: Int, lifetime: Double, repair: Double, expected: Double
    ) throws {
        let chain = DurabilityChain(
            model: try model(
                scheme, lifetime: lifetime, repair: repair, .lazy(threshold: threshold)))
        let found = chain.lossPerYear
        #expect(found > expected / 1.6 && found < expected * 1.6, "\(found)")
    }

    @Test(arguments: [("8+8", 4.7e-2, 4.0e-1), ("8+12", 3.4e-3, 1.3e-1), ("10+20", 3.7e-5, 2.1e-2)])
    func `a shock costs what is known for it`(
        scheme: String, third: Double, half: Double
    ) throws {
        // So long-lived that every block is whole when the shock comes.
        let chain = DurabilityChain(model: try model(scheme, lifetime: 365_000, repair: 0.01))
        #expect(abs(chain.lossByShock(share: 0.33) / third - 1) < 0.05)
        #expect(abs(chain.lossByShock(share: 0.5) / half - 1) < 0.05)
        #expect(chain.lossByShock(share: 0) == 0)
        #expect(abs(chain.lossByShock(share: 1) - 1) < 1e-12)
    }

    @Test func `more parity, faster repair and longer lives never harm`() throws {
        func loss(_ text: String, _ lifetime: Double = 180, _ repair: Double = 2) throws -> Double {
            DurabilityChain(model: try model(text, lifetime: lifetime, repair: repair)).lossPerYear
        }
        let loss = try loss("4+4")
        #expect(try DurabilityChain(model: model("4+5")).lossPerYear < loss)
        #expect(try DurabilityChain(model: model("4+4", repair: 1)).lossPerYear < loss)
        #expect(try DurabilityChain(model: model("4+4", lifetime: 360)).lossPerYear < loss)
        #expect(try DurabilityChain(model: model("4+4", .serial)).lossPerYear > loss)
        let shocks = DurabilityModel.Shocks(share: 0.33, intervalDays: 3650)
        #expect(try DurabilityChain(model: model("4+4", shocks: shocks)).lossPerYear > loss)
    }

    @Test func `a model out of range is refused`() throws {
        let scheme = try #require(ErasureScheme("4+4"))
        for (lifetime, repair) in [
            (0.0, 2.0), (-1, 2), (.nan, 2), (.infinity, 2), (180, 0), (180, .nan), (180, 1e9),
        ] {
            let made = DurabilityModel(
                scheme: scheme, lifetimeDays: lifetime, repairDays: repair)
            #expect(made == nil)
        }
        #expect(DurabilityModel.Shocks(share: 1.1, intervalDays: 1) == nil)
        #expect(DurabilityModel.Shocks(share: .nan, intervalDays: 1) == nil)
        #expect(DurabilityModel.Shocks(share: 0.1, intervalDays: 0) == nil)
    }

    @Test func `the widest scheme has an answer`() throws {
        let shocks = DurabilityModel.Shocks(share: 0.33, intervalDays: 3650)
        let chain = DurabilityChain(model: try model("127+128", lifetime: 30, shocks: shocks))
        #expect(chain.lossPerYear > 0 && chain.lossPerYear < 1)
    }
}

@Suite struct DurabilityTrialsTests {
    private static let shocks = DurabilityModel.Shocks(share: 0.4, intervalDays: 3650)

    /// The goal: within 5 % where the loss is above 1e-4. Lives enough for an error below 2 %.
    @Test(
        arguments: [
            ("1+1", 180, 2, .parallel, nil), ("2+2", 90, 4, .parallel, nil),
            ("2+2", 180, 2, .serial, nil), ("4+4", 60, 5, .parallel, nil),
            ("4+4", 60, 4, .serial, nil), ("8+8", 90, 14, .lazy(threshold: 12), nil),
            ("8+12", 40, 8, .parallel, nil), ("8+12", 180, 2, .parallel, shocks),
            ("4+4", 180, 2, .serial, shocks),
        ] as [(String, Double, Double, DurabilityModel.Repair, DurabilityModel.Shocks?)])
    func `chain and trials agree within 5 %`(
        scheme: String, lifetime: Double, repair: Double, kind: DurabilityModel.Repair,
        shocks: DurabilityModel.Shocks?
    ) throws {
        let model = try model(scheme, lifetime: lifetime, repair: repair, kind, shocks: shocks)
        let chain = DurabilityChain(model: model).lossPerYear
        #expect(chain > 1e-4, "the case is one for this test")
        let trials = DurabilityTrials(model: model, seed: 1).estimate(
            effort: model.scheme.fragmentCount > 8 ? 5000 : 30_000)
        #expect(trials.error < 0.02 * chain, "\(trials)")
        #expect(abs(trials.loss - chain) < 0.05 * chain, "\(trials) \(chain)")
    }

    @Test func `splitting finds chances far below one in all its lives`() throws {
        let model = try model("4+4")
        let chain = DurabilityChain(model: model).lossPerYear
        #expect(chain < 1e-5)
        let trials = DurabilityTrials(model: model, seed: 2).estimate(effort: 2000, repetitions: 20)
        #expect(abs(trials.loss - chain) < 4 * trials.error, "\(trials) \(chain)")
        #expect(trials.error < 0.1 * chain)
    }

    @Test func `a repair of fixed length is safer than one that may take long`() throws {
        let model = try model("8+8", lifetime: 90, repair: 14, .lazy(threshold: 12))
        let drawn = DurabilityTrials(model: model, seed: 3).estimate(effort: 1000)
        let fixed = DurabilityTrials(model: model, timing: .fixed, seed: 3).estimate(effort: 1000)
        #expect(fixed.loss > 0 && fixed.loss < 0.5 * drawn.loss, "\(fixed) \(drawn)")
    }

    @Test func `a seed repeats its answer`() throws {
        let trials = DurabilityTrials(model: try model("2+2"), seed: 7)
        #expect(trials.estimate(effort: 200) == trials.estimate(effort: 200))
        let other = DurabilityTrials(model: try model("2+2"), seed: 8)
        #expect(trials.estimate(effort: 200) != other.estimate(effort: 200))
    }
}
