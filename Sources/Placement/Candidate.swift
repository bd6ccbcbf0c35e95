package import Model

/// A supplier that could be hired, or is, with what is known of it.
package struct Candidate: Hashable, Sendable {
    package let supplier: SupplierID
    /// The user whose node it is.
    package let operatorID: UserID
    /// Where it was reached; `nil` when only others know.
    package let address: IPAddress?
    /// Bytes that it would take a contract for.
    package let free: Int
    /// Nanoseconds from asking to its answer.
    package let latency: UInt64
    /// Of a thousand times that it was asked, how often it answered; `nil` for a new one.
    package let answeredPerMille: Int?
    package let auditsPassed: Int
    package let auditsFailed: Int

    package init(
        supplier: SupplierID, operatorID: UserID, address: IPAddress?, free: Int, latency: UInt64,
        answeredPerMille: Int? = nil, auditsPassed: Int = 0, auditsFailed: Int = 0
    ) {
        self.supplier = supplier
        self.operatorID = operatorID
        self.address = address
        self.free = free
        self.latency = latency
        self.answeredPerMille = answeredPerMille
        self.auditsPassed = auditsPassed
        self.auditsFailed = auditsFailed
    }

    /// The addresses that fail together with its own, /24 or /48; `nil` within a home network,
    /// where addresses say nothing about that.
    package var range: IPAddress? {
        address.flatMap { $0.isLocal ? nil : $0.range }
    }
}

/// How good a supplier is: 0 to 100 points, and what they are for.
package struct CandidateScore: Hashable, Sendable {
    package struct Reason: Hashable, Sendable {
        package let points: Int
        package let text: String
    }

    package let reasons: [Reason]

    package var points: Int { max(0, min(100, reasons.reduce(0) { $0 + $1.points })) }

    /// Half for being there, a fifth each for room and speed, a tenth for proofs; a failed audit
    /// costs everything.
    package init(_ candidate: Candidate) {
        reasons = [
            CandidateScore.uptime(candidate.answeredPerMille), CandidateScore.room(candidate.free),
            CandidateScore.speed(candidate.latency),
            CandidateScore.proofs(candidate.auditsPassed, candidate.auditsFailed),
        ]
    }

    private static func uptime(_ perMille: Int?) -> Reason {
        guard let perMille else { return Reason(points: 25, text: "new") }
        let bounded = max(0, min(1000, perMille))
        return Reason(
            points: bounded * 50 / 1000,
            text: "answered \(bounded / 10).\(bounded % 10) % of the time")
    }

    private static func room(_ free: Int) -> Reason {
        // Twice the room is four points more, from 64 MiB to 2 GiB and above.
        let steps = free < 64 << 20 ? 0 : (Int.bitWidth - (free >> 26).leadingZeroBitCount)
        return Reason(
            points: min(20, steps * 4),
            text: free < 10 << 30 ? "\(free >> 20) MiB free" : "\(free >> 30) GiB free")
    }

    private static func speed(_ latency: UInt64) -> Reason {
        guard latency < .max else { return Reason(points: 0, text: "does not answer") }
        let milliseconds = latency / 1_000_000
        let points =
            switch milliseconds {
            case ..<10: 20
            case ..<50: 16
            case ..<150: 12
            case ..<500: 6
            default: 0
            }
        return Reason(points: points, text: "\(milliseconds) ms away")
    }

    private static func proofs(_ passed: Int, _ failed: Int) -> Reason {
        guard failed == 0 else {
            return Reason(points: -100, text: "failed \(countText(failed, "audit"))")
        }
        return Reason(
            points: passed > 0 ? 10 : 5,
            text: passed > 0 ? "passed \(countText(passed, "audit"))" : "not audited yet")
    }
}
