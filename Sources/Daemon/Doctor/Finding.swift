/// What the doctor says of one thing.
package struct Finding: Equatable, Sendable {
    package enum Verdict: String, Equatable, Sendable {
        case good = "ok"
        case warning
        case bad
    }

    package let verdict: Verdict
    /// What was looked at: `clock`, `identity server host-a.com`.
    package let subject: String
    package let text: String
    /// What to do about it.
    package let remedy: String?

    package init(_ verdict: Verdict, _ subject: String, _ text: String, remedy: String? = nil) {
        self.verdict = verdict
        self.subject = subject
        self.text = text
        self.remedy = remedy
    }
}
