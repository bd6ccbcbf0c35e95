package import Model

/// How many bytes each user of a router moves, as a value: so many each second, and so many in a
/// day. Times are nanoseconds of uptime.
///
/// A splice is paid by both its users: the one who waits here and the one who calls. A read is
/// counted when it has happened, so that a user may be in debt, and is not read until that is paid.
package struct RouterMeter: Sendable {
    package enum Verdict: Equatable, Sendable {
        case goOn
        /// Nothing is read for so many nanoseconds.
        case wait(UInt64)
        /// The day's bytes are used up.
        case spent
    }

    private struct Account {
        /// Bytes that may be moved at once; below zero in debt.
        var level: Int
        var filled: UInt64
        var dayStart: UInt64
        var dayLength = 0
    }

    private static let second: UInt64 = 1_000_000_000
    private static let day: UInt64 = 86_400 * second

    private let bytesPerSecond: Int
    private let bytesPerDay: Int
    private var accounts: [UserID: Account] = [:]

    /// - Parameters:
    ///   - bytesPerSecond: of one user, no limit when 0; as many may come at once.
    ///   - bytesPerDay: of one user, from its first byte on; no limit when 0.
    package init(bytesPerSecond: Int, bytesPerDay: Int) {
        self.bytesPerSecond = max(0, bytesPerSecond)
        self.bytesPerDay = max(0, bytesPerDay)
    }

    /// What was moved for each user in its day, most first.
    package func uses(at uptime: UInt64) -> [(user: UserID, byteCount: Int)] {
        accounts.filter { $0.value.dayLength > 0 && uptime < $0.value.dayStart + RouterMeter.day }
            .map { ($0.key, $0.value.dayLength) }
            .sorted { ($1.1, $0.0.bytes) < ($0.1, $1.0.bytes) }
    }

    /// Whether a user has nothing left today.
    package func isSpent(_ user: UserID, at uptime: UInt64) -> Bool {
        guard bytesPerDay > 0, let account = accounts[user],
            uptime < account.dayStart + RouterMeter.day
        else { return false }
        return account.dayLength >= bytesPerDay
    }

    /// Counts bytes that were read for a splice of `users`.
    package mutating func moved(
        _ byteCount: Int, by users: [UserID], at uptime: UInt64
    ) -> Verdict {
        var delay: UInt64 = 0
        var isSpent = false
        for user in Set(users) {
            if accounts[user] == nil, accounts.count >= Limits.routerMeterUserMax {
                forget(at: uptime)
            }
            var account = filled(
                accounts[user]
                    ?? Account(level: bytesPerSecond, filled: uptime, dayStart: uptime),
                at: uptime)
            account.dayLength += byteCount
            account.level -= byteCount
            accounts[user] = account
            if bytesPerDay > 0, account.dayLength >= bytesPerDay { isSpent = true }
            if bytesPerSecond > 0, account.level < 0 {
                let nanoseconds = Double(-account.level) / Double(bytesPerSecond) * 1e9
                delay = max(delay, UInt64(nanoseconds.rounded(.up)))
            }
        }
        if isSpent { return .spent }
        return delay > 0 ? .wait(delay) : .goOn
    }

    private func filled(_ account: Account, at uptime: UInt64) -> Account {
        var account = account
        if uptime >= account.dayStart + RouterMeter.day {
            account.dayStart = uptime
            account.dayLength = 0
        }
        guard uptime > account.filled else { return account }
        let gained = Double(uptime - account.filled) / 1e9 * Double(bytesPerSecond)
        guard gained >= 1 else { return account }
        account.level =
            gained >= Double(bytesPerSecond - account.level)
            ? bytesPerSecond : account.level + Int(gained)
        account.filled = uptime
        return account
    }

    /// Makes room: those whose day is over and who owe nothing; in need, who has moved least.
    private mutating func forget(at uptime: UInt64) {
        accounts = accounts.filter { _, account in
            uptime < account.dayStart + RouterMeter.day
                || filled(account, at: uptime).level < bytesPerSecond
        }
        guard accounts.count >= Limits.routerMeterUserMax else { return }
        let kept = accounts.sorted {
            ($1.value.dayLength, $0.key.bytes) < ($0.value.dayLength, $1.key.bytes)
        }.prefix(Limits.routerMeterUserMax / 2)
        accounts = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
