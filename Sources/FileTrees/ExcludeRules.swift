/// What a backup leaves out, by the rules of gitignore(5), on raw bytes.
///
/// - A pattern without `/`, except at its end, matches a name at any depth; any other matches the
///   path relative to the root of the backup.
/// - `/` at the end: directories only. `!` in front: what matches is kept after all. The last
///   pattern that matches decides.
/// - `*`, `?` and `[…]` match within one component, `**` as a whole component any number of them.
///
/// What is in a directory that is left out is never asked about, so `!` cannot bring it back.
/// Unlike there, spaces at the end and `#` in front mean themselves, and a pattern that could never
/// match is refused.
///
/// - SeeAlso: gitignore(5), section “Pattern format”.
package struct ExcludeRules: Sendable {
    private let rules: [ExcludeRule]

    package static let none = ExcludeRules(rules: [])

    private init(rules: [ExcludeRule]) {
        self.rules = rules
    }

    /// - Throws: ``ExcludeError`` for the first pattern that says nothing or is cut off.
    package init(_ patterns: [[UInt8]]) throws(ExcludeError) {
        var rules: [ExcludeRule] = []
        for pattern in patterns { rules.append(try ExcludeRule(pattern)) }
        self.rules = rules
    }

    package var isEmpty: Bool { rules.isEmpty }

    /// Whether an entry is left out, and all below it with it.
    ///
    /// - Parameter path: names joined by `/`, relative to the root of the backup.
    /// - Complexity: O(length of all patterns × length of the path).
    package func excludes(_ path: [UInt8], isDirectory: Bool) -> Bool {
        guard !rules.isEmpty else { return false }
        let components = path.split(separator: UInt8(ascii: "/"))
        for rule in rules.reversed() where rule.matches(components, isDirectory: isDirectory) {
            return !rule.isNegated
        }
        return false
    }
}

/// One pattern.
private struct ExcludeRule: Sendable {
    enum Part: Sendable {
        case name(GlobPattern)
        /// Any number of components, none included.
        case anyDepth
    }

    let isNegated: Bool
    private var isDirectoryOnly = false
    private var parts: [Part] = []

    init(_ pattern: [UInt8]) throws(ExcludeError) {
        let slash = UInt8(ascii: "/")
        var text = pattern[...]
        isNegated = text.first == UInt8(ascii: "!")
        if isNegated { text.removeFirst() }
        if text.last == slash {
            isDirectoryOnly = true
            text.removeLast()
        }
        let isAnchored = text.contains(slash)
        if text.first == slash { text.removeFirst() }
        guard !text.isEmpty else { throw .empty(pattern: pattern) }
        if !isAnchored { parts.append(.anyDepth) }
        let components = text.split(separator: slash, omittingEmptySubsequences: false)
        for (index, component) in components.enumerated() {
            let isLast = index == components.count - 1
            if isAnchored, component.elementsEqual("**".utf8) {
                appendAnyDepth()
                // At the end it stands for what is inside, not for the directory before it.
                if isLast { parts.append(.name(.anything)) }
            } else {
                let text = isLast ? component : ExcludeRule.withoutEscapeOfSlash(component)
                parts.append(.name(try GlobPattern(text, of: pattern)))
            }
        }
    }

    private mutating func appendAnyDepth() {
        if case .anyDepth = parts.last { return }
        parts.append(.anyDepth)
    }

    /// `\/` is `/`: an odd number of backslashes before a separator loses the last.
    private static func withoutEscapeOfSlash(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let count = text.reversed().prefix { $0 == UInt8(ascii: "\\") }.count
        return count % 2 == 1 ? text.dropLast() : text
    }

    /// Goes back only to the last `anyDepth`, as ``GlobPattern`` does for `*`.
    func matches(_ path: [ArraySlice<UInt8>], isDirectory: Bool) -> Bool {
        guard isDirectory || !isDirectoryOnly else { return false }
        var part = 0
        var index = 0
        var retry: (part: Int, index: Int)?
        while index < path.count {
            if part < parts.count, case .anyDepth = parts[part] {
                part += 1
                retry = (part, index)
            } else if part < parts.count, case .name(let pattern) = parts[part],
                pattern.matches(path[index])
            {
                part += 1
                index += 1
            } else if let last = retry {
                part = last.part
                index = last.index + 1
                retry = (part, index)
            } else {
                return false
            }
        }
        return part == parts.count
    }
}
