internal import Model

/// Challenges of one supplier that wait for their answers; their fragments are rows of blocks.
package struct ContainedChallenges: Hashable, Sendable {
    /// Of any block.
    package var data: AuditSchedule.Challenge?
    /// Of a block of the catalog.
    package var catalog: AuditSchedule.Challenge?

    package init(data: AuditSchedule.Challenge? = nil, catalog: AuditSchedule.Challenge? = nil) {
        self.data = data
        self.catalog = catalog
    }
}

/// Which part of which fragment a supplier is asked for next, and what comes of its answers.
///
/// Each challenge is one leaf of 1 KiB of one fragment that is chosen anew at random, so that `c`
/// challenges miss a supplier that has lost the share `ρ` with a chance of `(1 - ρ)^c`: of 64 a
/// day, 0.1 % for a tenth lost in a day, 0.6 % for a hundredth in eight days.
///
/// Containment: a challenge that gets no answer stays the next one. A supplier can therefore not
/// stay silent to the questions that it cannot answer; and one behind a bad line is not taken for a
/// liar, since it takes `Limits.auditAttemptsMax` silences in a row.
///
/// A value without clock and randomness: the caller brings both.
///
/// - SeeAlso: Ateniese et al., “Provable Data Possession at Untrusted Stores”, 2007.
package struct AuditSchedule: Hashable, Sendable {
    package struct Challenge: Hashable, Sendable {
        /// Which of the supplier's fragments, counted in an order that the caller keeps.
        package let fragment: Int
        /// Which leaf of it, as a share of its length from 0 up to 1.
        package let offset: Double
        /// Times that it was put and got no answer.
        package fileprivate(set) var silences = 0

        package init(fragment: Int, offset: Double, silences: Int = 0) {
            self.fragment = fragment
            self.offset = offset
            self.silences = silences
        }

        /// Whether the range is simply read; else it is asked for as an audit. Which, does not
        /// change while the challenge waits.
        package var isRead: Bool { Int(offset * Double(1 << 40)) & 1 == 1 }

        /// The leaf's bytes in a fragment of `length` bytes.
        package func range(length: Int, leafLength: Int = 1024) -> Range<Int> {
            let leafCount = max(1, (length + leafLength - 1) / leafLength)
            let leaf = min(leafCount - 1, Int(offset * Double(leafCount)))
            return leaf * leafLength..<min(length, (leaf + 1) * leafLength)
        }
    }

    package enum Answer: Hashable, Sendable {
        case proved
        /// It says itself that it does not have it.
        case missing
        case wrong
        /// None, though it answers otherwise.
        case none
    }

    /// The challenge that waits for its answer.
    package private(set) var contained: Challenge?

    package init(contained: Challenge? = nil) {
        self.contained = contained
    }

    /// Challenges that may be put in so much time: what the bytes of a day give.
    package static func count(bytesPerDay: Int, nanoseconds: UInt64) -> Int {
        let days = Double(nanoseconds) / 86_400_000_000_000
        return Int(Double(bytesPerDay) * days / Double(Limits.auditByteCount))
    }

    /// The next challenge: the contained one, else a new one.
    ///
    /// - Parameters:
    ///   - fragmentCount: fragments that the supplier should have; at least 1.
    ///   - random: even numbers from all of 64 bits.
    package mutating func next(fragmentCount: Int, random: () -> UInt64) -> Challenge {
        precondition(fragmentCount > 0)
        if let contained, contained.fragment < fragmentCount { return contained }
        let fragment = Int(random() % UInt64(fragmentCount))
        let challenge = Challenge(
            fragment: fragment, offset: Double(random() >> 11) / Double(UInt64(1) << 53))
        contained = challenge
        return challenge
    }

    /// The contained challenge while its row is one of `rows`, else one of a row of them.
    ///
    /// - Parameter rows: what a challenge's fragment is to be; not empty.
    package mutating func next(of rows: [Int64], random: () -> UInt64) -> Challenge {
        if let contained, rows.contains(Int64(contained.fragment)) { return contained }
        contained = nil
        let chosen = next(fragmentCount: rows.count, random: random)
        let challenge = Challenge(
            fragment: Int(rows[chosen.fragment]), offset: chosen.offset)
        contained = challenge
        return challenge
    }

    /// Takes the answer to ``contained``; `nil` while it is not decided.
    package mutating func answered(_ answer: Answer) -> SupplierScore.Verdict? {
        guard var challenge = contained else { return nil }
        contained = nil
        switch answer {
        case .proved: return .passed
        case .missing: return .lost
        case .wrong: return .lied
        case .none:
            challenge.silences += 1
            if challenge.silences >= Limits.auditAttemptsMax { return .lost }
            contained = challenge
            return nil
        }
    }
}
