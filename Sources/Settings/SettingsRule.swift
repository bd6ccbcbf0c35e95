internal import Services

/// What must hold between settings.
package enum SettingsRule: Equatable, Sendable {
    /// Two switches that must not both be on.
    case exclusive(SettingKey, SettingKey)
    /// Two numbers of which the first must not be above the second.
    case ordered(SettingKey, SettingKey)

    package static let all: [SettingsRule] = [
        .exclusive(
            ServiceSettings.enabled(.proxyServer).key,
            ServiceSettings.enabled(.proxyTransport).key),
        .ordered(IdentitySettings.minServers.key, IdentitySettings.maxServers.key),
        .ordered(PeopleSettings.routersMin.key, PeopleSettings.routersMax.key),
    ]

    /// A rule that does not hold, with the two values.
    package struct Violation: Error, Equatable, Sendable {
        package let rule: SettingsRule
        package let first: SettingValue
        package let second: SettingValue
    }

    var keys: [SettingKey] {
        switch self {
        case .exclusive(let first, let second), .ordered(let first, let second): [first, second]
        }
    }

    /// `nil` when the rule holds.
    func violation(in values: SettingValues) -> Violation? {
        let pair = keys.map { values.value(of: $0) }
        guard let first = pair[0], let second = pair[1] else { return nil }
        let holds =
            switch (self, first, second) {
            case (.exclusive, .boolean(let one), .boolean(let other)): !(one && other)
            case (.ordered, .integer(let low), .integer(let high)): low <= high
            default: true
            }
        return holds ? nil : Violation(rule: self, first: first, second: second)
    }
}

extension SettingsRule.Violation {
    package var message: String {
        switch rule {
        case .exclusive(let one, let other): "\(one) and \(other) cannot both be true"
        case .ordered(let low, let high):
            "\(low) is \(first), more than \(high), which is \(second)"
        }
    }

    package var cause: String? {
        switch rule {
        case .exclusive: "a node either is a router or uses routers"
        case .ordered: nil
        }
    }

    package var remedy: String {
        switch rule {
        case .exclusive(_, let other): "first: bitdust set \(other) false"
        case .ordered(_, let high): "first set \(high)"
        }
    }
}
