internal import Model

/// The path of a setting: `services/supplier/donated-space`.
package struct SettingKey: Hashable, Sendable {
    package let path: String

    /// `nil` unless `path` has 1 to `Limits.settingKeyDepthMax` parts of lower-case letters, digits
    /// and single dashes inside, and at most `Limits.settingKeyLengthMax` bytes.
    package init?(_ path: some StringProtocol) {
        guard (1...Limits.settingKeyLengthMax).contains(path.utf8.count) else { return nil }
        let parts = Array(path.utf8).split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count <= Limits.settingKeyDepthMax, parts.allSatisfy(SettingKey.isPart) else {
            return nil
        }
        self.path = String(path)
    }

    /// `["services", "supplier", "donated-space"]`.
    package var parts: [Substring] { path.split(separator: "/") }

    /// `donated-space`.
    package var name: Substring { parts.last ?? "" }

    private static func isPart(_ part: ArraySlice<UInt8>) -> Bool {
        let dash = UInt8(ascii: "-")
        return !part.isEmpty && part.first != dash && part.last != dash
            && part.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == dash }
    }
}

extension SettingKey: CustomStringConvertible {
    package var description: String { path }
}

extension SettingKey: ExpressibleByStringLiteral {
    /// - Precondition: the literal is a key.
    package init(stringLiteral path: String) {
        guard let key = SettingKey(path) else { preconditionFailure("\(path) is no key") }
        self = key
    }
}

extension SettingKey: Comparable {
    /// By parts; in one folder `enabled` is the first, and settings stand before folders.
    package static func < (left: SettingKey, right: SettingKey) -> Bool {
        let (a, b) = (left.parts, right.parts)
        for (index, pair) in zip(a, b).enumerated() where pair.0 != pair.1 {
            let (isLeaf, isOtherLeaf) = (index == a.count - 1, index == b.count - 1)
            if isLeaf != isOtherLeaf { return isLeaf }
            if isLeaf, pair.0 == "enabled" || pair.1 == "enabled" { return pair.0 == "enabled" }
            return pair.0 < pair.1
        }
        return a.count < b.count
    }
}
