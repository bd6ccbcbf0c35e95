/// What a user calls an identity: 3 to 20 of `a`-`z`, `0`-`9`, `_`, `-`, the first a letter.
package struct IdentityName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    package static let lengths = 3...20

    /// `nil` for anything else; capitals are not folded.
    package init?(_ text: some StringProtocol) {
        guard IdentityName.lengths.contains(text.utf8.count),
            let first = text.utf8.first, IdentityName.isLetter(first),
            text.utf8.allSatisfy(IdentityName.isAllowed)
        else { return nil }
        self.text = String(text)
    }

    package var description: String { text }

    package static func < (left: IdentityName, right: IdentityName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}
