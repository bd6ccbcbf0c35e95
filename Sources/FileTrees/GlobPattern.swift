/// Why a pattern is refused instead of being kept as one that never matches.
package enum ExcludeError: Error, Hashable, Sendable {
    case empty(pattern: [UInt8])
    case unclosedClass(pattern: [UInt8])
    case unknownClass(pattern: [UInt8])
    /// A backslash at the end, which would escape nothing.
    case danglingEscape(pattern: [UInt8])
}

/// A set of bytes.
struct ByteSet: Hashable, Sendable {
    private var words: SIMD4<UInt64> = .zero

    mutating func insert(_ byte: UInt8) {
        words[Int(byte >> 6)] |= 1 << UInt64(byte & 63)
    }

    func contains(_ byte: UInt8) -> Bool {
        words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1
    }

    mutating func invert() {
        words = ~words
    }
}

/// What one component of a path must look like.
///
/// Matching goes back only to the last `*`, because what an earlier one took can stay as short as
/// it was: at most pattern × name steps, never exponentially many.
struct GlobPattern: Sendable {
    enum Token: Hashable, Sendable {
        case byte(UInt8)
        case anyByte
        case anyBytes
        case set(ByteSet)
    }

    private(set) var tokens: [Token] = []

    /// One `*`.
    static let anything = GlobPattern(tokens: [.anyBytes])

    private init(tokens: [Token]) {
        self.tokens = tokens
    }

    /// Parses one component; `pattern` is the whole, for the error.
    init(_ text: ArraySlice<UInt8>, of pattern: [UInt8]) throws(ExcludeError) {
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            index += 1
            switch byte {
            case UInt8(ascii: "*"):
                if tokens.last != .anyBytes { tokens.append(.anyBytes) }
            case UInt8(ascii: "?"):
                tokens.append(.anyByte)
            case UInt8(ascii: "["):
                tokens.append(.set(try GlobPattern.parseSet(text, &index, pattern)))
            case UInt8(ascii: "\\"):
                guard index < text.endIndex else { throw .danglingEscape(pattern: pattern) }
                tokens.append(.byte(text[index]))
                index += 1
            default:
                tokens.append(.byte(byte))
            }
        }
    }

    func matches(_ name: ArraySlice<UInt8>) -> Bool {
        var token = 0
        var index = name.startIndex
        var retry: (token: Int, index: Int)?
        while index < name.endIndex {
            if token < tokens.count, tokens[token] == .anyBytes {
                token += 1
                retry = (token, index)
            } else if token < tokens.count, GlobPattern.matches(tokens[token], name[index]) {
                token += 1
                index += 1
            } else if let last = retry {
                token = last.token
                index = last.index + 1
                retry = (token, index)
            } else {
                return false
            }
        }
        return tokens[token...].allSatisfy { $0 == .anyBytes }
    }

    private static func matches(_ token: Token, _ byte: UInt8) -> Bool {
        switch token {
        case .byte(let expected): byte == expected
        case .anyByte: true
        case .set(let bytes): bytes.contains(byte)
        case .anyBytes: false
        }
    }
}

extension GlobPattern {
    /// Parses what follows `[` up to its `]`: bytes, ranges, `[:names:]`, negated by `!` or `^`.
    private static func parseSet(
        _ text: ArraySlice<UInt8>, _ index: inout Int, _ pattern: [UInt8]
    ) throws(ExcludeError) -> ByteSet {
        var set = ByteSet()
        var isNegated = false
        if index < text.endIndex,
            text[index] == UInt8(ascii: "!") || text[index] == UInt8(ascii: "^")
        {
            isNegated = true
            index += 1
        }
        let first = index
        while true {
            guard index < text.endIndex else { throw .unclosedClass(pattern: pattern) }
            if text[index] == UInt8(ascii: "]"), index > first { break }
            if text[index...].starts(with: "[:".utf8) {
                try insertClass(text, &index, pattern, into: &set)
            } else {
                try insertRange(text, &index, pattern, into: &set)
            }
        }
        index += 1
        if isNegated { set.invert() }
        return set
    }

    private static func insertRange(
        _ text: ArraySlice<UInt8>, _ index: inout Int, _ pattern: [UInt8], into set: inout ByteSet
    ) throws(ExcludeError) {
        let low = try literal(text, &index, pattern)
        guard index + 1 < text.endIndex, text[index] == UInt8(ascii: "-"),
            text[index + 1] != UInt8(ascii: "]")
        else {
            set.insert(low)
            return
        }
        index += 1
        let high = try literal(text, &index, pattern)
        guard low <= high else { return }
        for byte in low...high { set.insert(byte) }
    }

    private static func literal(
        _ text: ArraySlice<UInt8>, _ index: inout Int, _ pattern: [UInt8]
    ) throws(ExcludeError) -> UInt8 {
        if text[index] == UInt8(ascii: "\\") { index += 1 }
        guard index < text.endIndex else { throw .unclosedClass(pattern: pattern) }
        defer { index += 1 }
        return text[index]
    }

    private static func insertClass(
        _ text: ArraySlice<UInt8>, _ index: inout Int, _ pattern: [UInt8], into set: inout ByteSet
    ) throws(ExcludeError) {
        let start = index + 2
        guard let colon = text[start...].firstIndex(of: UInt8(ascii: ":")),
            colon + 1 < text.endIndex, text[colon + 1] == UInt8(ascii: "]")
        else { throw .unclosedClass(pattern: pattern) }
        guard let isMember = classes[String(decoding: text[start..<colon], as: UTF8.self)] else {
            throw .unknownClass(pattern: pattern)
        }
        for byte in UInt8.min...UInt8.max where isMember(byte) { set.insert(byte) }
        index = colon + 2
    }

    /// The classes of POSIX for ASCII; no other byte is in any of them.
    private static let classes: [String: @Sendable (UInt8) -> Bool] = [
        "alpha": { isUpper($0) || isLower($0) },
        "alnum": { isUpper($0) || isLower($0) || isDigit($0) },
        "blank": { $0 == 32 || $0 == 9 },
        "cntrl": { $0 < 32 || $0 == 127 },
        "digit": { isDigit($0) },
        "graph": { (33...126).contains($0) },
        "lower": { isLower($0) },
        "print": { (32...126).contains($0) },
        "punct": {
            (33...126).contains($0) && !isUpper($0) && !isLower($0) && !isDigit($0)
        },
        "space": { $0 == 32 || (9...13).contains($0) },
        "upper": { isUpper($0) },
        "xdigit": { isDigit($0) || (65...70).contains($0) || (97...102).contains($0) },
    ]

    private static func isUpper(_ byte: UInt8) -> Bool { (65...90).contains(byte) }
    private static func isLower(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}
