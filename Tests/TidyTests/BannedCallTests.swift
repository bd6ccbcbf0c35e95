import Testing

/// Time, randomness and output come in through `init`; nothing traps on input.
@Suite struct BannedCallTests {
    private struct Rule {
        let text: String
        /// What to do instead.
        let instead: String
        var isForTests = false
        /// Lines with this text are right.
        var unless: String?
        /// Paths, or folders of paths, that may.
        var allowed: [String] = []
    }

    /// The places that bring the world in.
    private static let randomness = "Sources/Model/Randomness.swift"
    private static let time = "Sources/Model/TimeSource.swift"
    private static let adapters = "Sources/Model/Adapters"

    private static let rules: [Rule] = [
        Rule(
            text: "Date()", instead: "take a TimeSource in init", isForTests: true,
            allowed: [time, adapters]),
        Rule(
            text: "Date.now", instead: "take a TimeSource in init", isForTests: true,
            allowed: [time, adapters]),
        Rule(
            text: "Task.sleep", instead: "wait for what you wait for; in a worker, for its clock",
            isForTests: true, allowed: [time, adapters]),
        Rule(
            text: "SystemRandomNumberGenerator", instead: "take the randomness in init",
            isForTests: true, allowed: [randomness]),
        Rule(
            text: ".random(in:", instead: "take the randomness in init: random(in:using:)",
            isForTests: true, unless: "using:"),
        Rule(text: ".shuffled()", instead: "use shuffled(using:)", isForTests: true),
        Rule(text: ".randomElement()", instead: "use randomElement(using:)", isForTests: true),
        Rule(
            text: "fatalError(",
            instead: "throw on input; a broken promise of the caller is a precondition",
            isForTests: true),
        Rule(
            text: "print(", instead: "return it, or log it at the edge",
            allowed: ["Sources/bitdust"]),
        Rule(text: "try!", instead: "throw, or say in a precondition why it cannot fail"),
    ]

    private static let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]

    @Test func `the world comes in through init`() {
        for file in Repository.swift { expectNone(BannedCallTests.calls(in: file)) }
    }

    @Test func `work that is left is in an issue, not in the source`() {
        for file in Repository.files where !file.isBelow("docs/decisions") {
            expectNone(BannedCallTests.marks(in: file))
        }
    }

    @Test func `every target has real sources`() {
        let word = "Place" + "holder"
        for file in Repository.swift where file.text.contains(word) {
            expectNone([Finding(file.path, "a \(word.lowercased()): delete it")])
        }
    }

    @Test func `banned calls are found in code and nowhere else`() {
        let text = """
            // Date() in a comment, fatalError( too
            let a = "print(Date())" + "\\(Date())"
            let b = try! f()
            debugPrint(a)
            print(a)
            let c = Int.random(in: 0..<3, using: &g) + Int.random(in: 0..<3)
            func `print(this) is a name`() {}
            """
        let source = RepositoryFile(path: "Sources/A/B.swift", text: text)
        #expect(BannedCallTests.calls(in: source).compactMap(\.line).sorted() == [2, 3, 5, 6])
        let test = RepositoryFile(path: "Tests/A/B.swift", text: text)
        #expect(BannedCallTests.calls(in: test).compactMap(\.line).sorted() == [2, 6])
        let marked = RepositoryFile(path: "a.md", text: "fine\n\(BannedCallTests.marks[0]): x\n")
        #expect(BannedCallTests.marks(in: marked).map(\.line) == [2])
        let template = RepositoryFile(path: "a.swift", text: "mkdtemp(XXXXXX)")
        #expect(BannedCallTests.marks(in: template).isEmpty)
    }

    private static func calls(in file: RepositoryFile) -> [Finding] {
        let rules = rules.filter { rule in
            (rule.isForTests || file.isBelow("Sources"))
                && !rule.allowed.contains { file.path == $0 || file.isBelow($0) }
        }
        var findings: [Finding] = []
        for (index, line) in SwiftCode(file.text).lines.enumerated() {
            for rule in rules where hasCall(line, rule) {
                findings.append(
                    Finding(file.path, line: index + 1, "\(rule.text) is banned: \(rule.instead)"))
            }
        }
        return findings
    }

    /// Whether `text` stands in the line as a word of its own, without what makes it right.
    private static func hasCall(_ line: Substring, _ rule: Rule) -> Bool {
        let ranges = line.ranges(of: rule.text)
        return ranges.enumerated().contains { number, range in
            if range.lowerBound > line.startIndex, !rule.text.hasPrefix(".") {
                let before = line[line.index(before: range.lowerBound)]
                if before.isLetter || before.isNumber || before == "_" { return false }
            }
            guard let right = rule.unless else { return true }
            let end = number + 1 < ranges.count ? ranges[number + 1].lowerBound : line.endIndex
            return !line[range.upperBound..<end].contains(right)
        }
    }

    private static func marks(in file: RepositoryFile) -> [Finding] {
        guard marks.contains(where: file.text.contains) else { return [] }
        var findings: [Finding] = []
        for (index, line) in file.lines.enumerated() {
            let words = line.split { !$0.isLetter }
            for mark in marks where words.contains(Substring(mark)) {
                findings.append(
                    Finding(file.path, line: index + 1, "\(mark): do it, or open an issue"))
            }
        }
        return findings
    }
}
