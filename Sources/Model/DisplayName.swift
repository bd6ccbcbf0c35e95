/// What people call an identity or a device: short, visible, on one line, and unable to make the
/// text around it look like something else.
package struct DisplayName: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// `nil` unless `text` has 1 to `Limits.displayNameLengthMax` bytes of UTF-8, starts and ends
    /// with something visible, and has no spaces but single U+0020 and nothing that controls,
    /// reorders or hides text.
    package init?(_ text: String) {
        guard (1...Limits.displayNameLengthMax).contains(text.utf8.count),
            text.first != " ", text.last != " ", !text.utf8.elementsContainDoubleSpace,
            text.unicodeScalars.allSatisfy(DisplayName.isAllowed)
        else { return nil }
        self.text = text
    }

    package var description: String { text }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }
}

extension String.UTF8View {
    fileprivate var elementsContainDoubleSpace: Bool {
        zip(self, dropFirst()).contains { $0 == UInt8(ascii: " ") && $1 == UInt8(ascii: " ") }
    }
}
