internal import Model

/// Answers of the last minute, as a value: times are nanoseconds of uptime.
struct NameCache {
    typealias Answer = Result<[IPAddress], NameError>

    private struct Entry {
        let answer: Answer
        let end: UInt64
    }

    private var entries: [String: Entry] = [:]

    /// `nil` when it must be asked for.
    func answer(for name: String, at uptime: UInt64) -> Answer? {
        guard let entry = entries[name], uptime < entry.end else { return nil }
        return entry.answer
    }

    mutating func keep(_ answer: Answer, for name: String, at uptime: UInt64) {
        if entries.count >= Limits.nameCacheCountMax {
            entries = entries.filter { uptime < $0.value.end }
            // Names come from documents of others: a flood of them must not grow this.
            if entries.count >= Limits.nameCacheCountMax { entries.removeAll() }
        }
        let lifetime =
            switch answer {
            case .success: Limits.nameAnswerLifetime
            case .failure: Limits.nameFailureLifetime
            }
        entries[name] = Entry(answer: answer, end: uptime + lifetime.nanoseconds)
    }
}
