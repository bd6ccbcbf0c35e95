internal import Glibc
internal import Model

/// The chance that a block is lost, by a Markov chain in continuous time.
///
/// The states are the numbers of missing fragments, from none to `parityCount`; beyond that the
/// block is lost, and stays so. The matrix of the chances over a short step is a sum of products of
/// non-negative numbers (uniformisation); it is squared until the step is as long as asked for.
/// Nothing is ever subtracted, so that a chance of 1e-30 has as many right digits as one of a half.
///
/// - SeeAlso: Grassmann, “Transient solutions in Markovian queueing systems”, 1977; Moler, Van
///   Loan,
///   “Nineteen dubious ways to compute the exponential of a matrix”, 2003.
package struct DurabilityChain: Sendable {
    package let model: DurabilityModel
    /// Rates each day from one state to another, row by row; the last state is loss.
    private let rates: SquareMatrix

    package init(model: DurabilityModel) {
        self.model = model
        var rates = SquareMatrix(count: model.lossState + 1)
        for missing in 0..<model.lossState {
            rates[missing, missing + 1] += model.deathRate(missing: missing)
            let repair = model.repairRate(missing: missing)
            if repair.rate > 0 { rates[missing, repair.left] += repair.rate }
            guard let shocks = model.shocks else { continue }
            let present = model.scheme.fragmentCount - missing
            let chances = binomialChances(count: present, share: shocks.share)
            for (hits, chance) in chances.enumerated().dropFirst() {
                let target = min(missing + hits, model.lossState)
                rates[missing, target] += chance * model.shockRate
            }
        }
        self.rates = rates
    }

    /// The chance that a block which is whole now is lost within a year.
    package var lossPerYear: Double { loss(days: DurabilityModel.yearDays) }

    /// The chance that a block which is whole now is lost within `days`.
    package func loss(days: Double) -> Double { chances(days: days)[0, model.lossState] }

    /// The chance of each number of missing fragments after `days`, of a block that is not lost.
    package func distribution(days: Double) -> [Double] {
        let row = chances(days: days).row(0).dropLast()
        let sum = row.reduce(0, +)
        return row.map { $0 / sum }
    }

    /// The chance that one shock, which comes now, loses a block as blocks are after a year.
    package func lossByShock(share: Double) -> Double {
        let usual = distribution(days: DurabilityModel.yearDays)
        return usual.enumerated().reduce(0) { sum, state in
            let present = model.scheme.fragmentCount - state.offset
            let chances = binomialChances(count: present, share: share)
            let fatal = chances.dropFirst(model.lossState - state.offset)
            return sum + state.element * fatal.reversed().reduce(0, +)
        }
    }

    /// The chances of getting from each state to each other within `days`.
    func chances(days: Double) -> SquareMatrix {
        let count = rates.count
        let leaving = (0..<count).map { rates.row($0).reduce(0, +) }
        let fastest = leaving.max() ?? 0
        guard days > 0, fastest > 0 else { return SquareMatrix(identity: count) }
        // At least half of every diagonal stays, so that taking the leaving rate off loses no
        // digit.
        let pace = 2 * fastest
        let halvings = max(0, Int(ceil(log2(pace * days))))
        let step = days / exp2(Double(halvings))
        var jump = SquareMatrix(count: count)
        for row in 0..<count {
            for column in 0..<count { jump[row, column] = rates[row, column] / pace }
            jump[row, row] = 1 - leaving[row] / pace
        }
        var term = SquareMatrix(identity: count)
        var sum = term
        // Paths through all states, and 20 terms more: 1/20! is below a Double's last digit.
        for number in 1...(count + 20) {
            // The sparse one first: its zeros are passed over. Powers of one matrix commute.
            term = (jump * term).scaled(by: pace * step / Double(number))
            sum.add(term)
        }
        sum.normaliseRows()
        for _ in 0..<halvings {
            sum = sum * sum
            sum.normaliseRows()
        }
        return sum
    }
}

/// A small matrix of doubles, row by row.
struct SquareMatrix: Sendable {
    let count: Int
    private var values: [Double]

    init(count: Int) {
        self.count = count
        values = [Double](repeating: 0, count: count * count)
    }

    init(identity count: Int) {
        self.init(count: count)
        for index in 0..<count { self[index, index] = 1 }
    }

    subscript(row: Int, column: Int) -> Double {
        get { values[row * count + column] }
        set { values[row * count + column] = newValue }
    }

    func row(_ row: Int) -> ArraySlice<Double> { values[row * count..<(row + 1) * count] }

    mutating func add(_ other: SquareMatrix) {
        for index in values.indices { values[index] += other.values[index] }
    }

    func scaled(by factor: Double) -> SquareMatrix {
        var result = self
        for index in values.indices { result.values[index] *= factor }
        return result
    }

    /// Makes each row a sum of one again, which rounding took a little of.
    mutating func normaliseRows() {
        for row in 0..<count {
            let sum = self.row(row).reduce(0, +)
            for column in 0..<count { self[row, column] /= sum }
        }
    }

    static func * (left: SquareMatrix, right: SquareMatrix) -> SquareMatrix {
        let count = left.count
        var result = SquareMatrix(count: count)
        for row in 0..<count {
            for middle in 0..<count {
                let factor = left.values[row * count + middle]
                guard factor != 0 else { continue }
                for column in 0..<count {
                    result.values[row * count + column] +=
                        factor * right.values[middle * count + column]
                }
            }
        }
        return result
    }
}
