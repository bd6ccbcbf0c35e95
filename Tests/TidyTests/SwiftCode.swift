/// Swift text with comments, strings and quoted names blanked, so that only code is left where it
/// was. Lines and columns stay.
struct SwiftCode {
    private(set) var bytes: [UInt8]
    private let source: [UInt8]
    private var index = 0

    init(_ text: String) {
        self.source = Array(text.utf8)
        self.bytes = source
        skipCode(isInterpolation: false)
    }

    var lines: [Substring] {
        String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
    }

    private mutating func skipCode(isInterpolation: Bool) {
        var depth = 0
        while index < source.count {
            if starts("//") {
                blank(until: "\n")
            } else if starts("/*") {
                blankComment()
            } else if starts("#/") {
                blank(2)
                blank(until: "/#")
                blank(2)
            } else if let hashCount = stringStart() {
                blankString(hashCount: hashCount)
            } else if starts("`") {
                blank(1)
                blank(until: "`")
                blank(1)
            } else {
                if starts("(") { depth += 1 }
                if starts(")") { depth -= 1 }
                index += 1
                if isInterpolation, depth < 0 { return }
            }
        }
    }

    private mutating func blankComment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                blank(2)
            } else if starts("*/") {
                depth -= 1
                blank(2)
            } else {
                blank(1)
            }
        } while depth > 0 && index < source.count
    }

    private mutating func blankString(hashCount: Int) {
        let hashes = String(repeating: "#", count: hashCount)
        blank(hashCount)
        let quotes = starts("\"\"\"") ? "\"\"\"" : "\""
        blank(quotes.utf8.count)
        while index < source.count {
            if starts(quotes + hashes) {
                blank(quotes.utf8.count + hashCount)
                return
            } else if starts("\\" + hashes + "(") {
                blank(hashCount + 2)
                skipCode(isInterpolation: true)
            } else {
                blank(hashCount == 0 && starts("\\") ? 2 : 1)
            }
        }
    }

    /// The number of `#` when a string starts here.
    private func stringStart() -> Int? {
        var at = index
        while at < source.count, source[at] == UInt8(ascii: "#") { at += 1 }
        return at < source.count && source[at] == UInt8(ascii: "\"") ? at - index : nil
    }

    private func starts(_ text: String) -> Bool {
        var at = index
        for byte in text.utf8 {
            guard at < source.count, source[at] == byte else { return false }
            at += 1
        }
        return true
    }

    private mutating func blank(_ count: Int) {
        for _ in 0..<count where index < source.count {
            if source[index] != UInt8(ascii: "\n") { bytes[index] = UInt8(ascii: " ") }
            index += 1
        }
    }

    private mutating func blank(until end: String) {
        while index < source.count, !starts(end) { blank(1) }
    }
}

/// A function, initialiser or computed property and how many lines it takes.
struct SwiftFunction: Equatable {
    /// 1 is the first.
    let line: Int
    let lineCount: Int
}

extension SwiftCode {
    /// All that have a body.
    var functions: [SwiftFunction] {
        var found: [SwiftFunction] = []
        for (start, word) in words() where SwiftCode.declaring.contains(word) {
            guard let open = body(after: start + word.utf8.count, isVariable: word == "var") else {
                continue
            }
            let first = line(of: start)
            found.append(SwiftFunction(line: first, lineCount: line(of: end(of: open)) - first + 1))
        }
        return found
    }

    private static let declaring: Set<String> = ["func", "init", "deinit", "subscript", "var"]
    private static let continuing = ["{", "->", "throws", "async", "where", "rethrows"]

    /// Offset of the opening brace; `nil` for a requirement, a call or a stored property.
    private func body(after start: Int, isVariable: Bool) -> Int? {
        var depth = 0
        for at in start..<bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"):
                depth -= 1
                if depth < 0 { return nil }
            case UInt8(ascii: "{") where depth == 0: return at
            case UInt8(ascii: "}") where depth == 0: return nil
            case UInt8(ascii: "=") where depth == 0 && isVariable: return nil
            case UInt8(ascii: "\n") where depth == 0:
                let rest = bytes[at...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
                guard SwiftCode.continuing.contains(where: { rest.starts(with: $0.utf8) }) else {
                    return nil
                }
            default: break
            }
        }
        return nil
    }

    private func end(of open: Int) -> Int {
        var depth = 0
        for at in open..<bytes.count {
            if bytes[at] == UInt8(ascii: "{") { depth += 1 }
            if bytes[at] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return at }
        }
        return bytes.count - 1
    }

    private func line(of offset: Int) -> Int {
        1 + bytes[..<offset].count { $0 == UInt8(ascii: "\n") }
    }

    /// Words with their offsets; those after a dot are calls or members and are left out.
    private func words() -> [(Int, String)] {
        var found: [(Int, String)] = []
        var start: Int?
        for at in 0...bytes.count {
            let isPart = at < bytes.count && SwiftCode.isWordByte(bytes[at])
            if isPart, start == nil { start = at }
            if !isPart, let first = start {
                if first == 0 || bytes[first - 1] != UInt8(ascii: ".") {
                    found.append((first, String(decoding: bytes[first..<at], as: UTF8.self)))
                }
                start = nil
            }
        }
        return found
    }

    static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
