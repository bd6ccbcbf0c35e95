internal import Model

/// What audits have shown of a supplier, as numbers that forget.
///
/// `passes` and `failures` are the parameters of a beta distribution over the chance that the
/// supplier passes the next audit. With each audit both lose a two-hundredth, so that three days of
/// good answers outweigh an old fault, and one bad disk is not held against anybody for ever.
///
/// A time-out is no failure: the challenge is kept (``AuditSchedule``) and put again.
///
/// - SeeAlso: Jøsang and Ismail, “The Beta Reputation System”, 2002.
package struct SupplierScore: Hashable, Sendable {
    package private(set) var passes: Double
    package private(set) var failures: Double
    /// Proofs of loss that are remembered, and since when none came.
    package private(set) var lossCount: Int
    package private(set) var lieCount: Int

    package enum Verdict: Hashable, Sendable {
        case passed
        /// It says that the fragment is gone, or never gave an answer to the same challenge.
        case lost
        /// It answered, and the answer is wrong.
        case lied
    }

    private static let memory = 1 - 1.0 / 200
    /// Below, what a supplier holds is moved away: it loses more than one fragment in ten.
    private static let trustMin = 0.9

    package init(passes: Double = 1, failures: Double = 0, lossCount: Int = 0, lieCount: Int = 0) {
        self.passes = passes
        self.failures = failures
        self.lossCount = lossCount
        self.lieCount = lieCount
    }

    package mutating func note(_ verdict: Verdict) {
        passes *= SupplierScore.memory
        failures *= SupplierScore.memory
        switch verdict {
        case .passed: passes += 1
        case .lost:
            failures += 1
            lossCount += 1
        case .lied:
            failures += 1
            lieCount += 1
        }
    }

    /// The chance that it passes the next audit.
    package var value: Double { passes / (passes + failures) }

    /// Whether what it holds should stay with it: after a few audits, most of them passed.
    package var isTrusted: Bool { passes + failures < 10 || value >= SupplierScore.trustMin }

    /// An audit has shown that something is lost: all of its fragments are worth a look.
    package var hasLost: Bool { lossCount + lieCount > 0 }

    /// Forgets the proofs of loss, once all that was lost is known.
    package mutating func settle() {
        lossCount = 0
        lieCount = 0
    }

    /// Why the score is what it is.
    package var reason: String {
        let share = "\(Int((value * 100).rounded())) % of its audits passed lately"
        if lieCount > 0 { return "\(share), \(lieCount) answered with wrong bytes" }
        if lossCount > 0 { return "\(share), \(lossCount) shown to be lost" }
        return passes + failures < 2 ? "not audited yet" : share
    }
}
