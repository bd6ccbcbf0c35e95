/// Whether colours are used, and the few that are.
struct Style: Hashable, Sendable {
    let isColored: Bool

    static let plain = Style(isColored: false)

    init(isColored: Bool) {
        self.isColored = isColored
    }

    /// `--no-color` and a non-empty `NO_COLOR` forbid colours, a non-empty `FORCE_COLOR` other than
    /// `0` asks for them, and else a terminal that is not dumb has them.
    init(isTerminal: Bool, forbidden: Bool, environment: ProcessEnvironment) {
        if forbidden || environment.text("NO_COLOR") != nil {
            isColored = false
        } else if let force = environment.text("FORCE_COLOR") {
            isColored = force != "0"
        } else {
            isColored = isTerminal && environment.text("TERM") != "dumb"
        }
    }

    func good(_ text: String) -> String { painted(text, "32") }
    func warning(_ text: String) -> String { painted(text, "33") }
    func bad(_ text: String) -> String { painted(text, "31") }
    func strong(_ text: String) -> String { painted(text, "1") }

    private func painted(_ text: String, _ code: String) -> String {
        isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
