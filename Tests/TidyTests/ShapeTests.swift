import Testing

/// Files and functions are short enough to read: CONTRIBUTING.md, "Style".
@Suite struct ShapeTests {
    private static let fileLineCountMax = 500
    private static let testFileLineCountMax = 800
    private static let functionLineCountMax = 60
    private static let lineLengthMax = 100
    private static let emptyNames: Set<String> = [
        "util", "utils", "helper", "helpers", "common", "base", "manager",
    ]

    @Test func `files, functions and lines keep to their limits`() {
        for file in Repository.files where file.isSwift || file.isC {
            expectNone(ShapeTests.longFile(file) + ShapeTests.longLines(file))
            if file.isSwift { expectNone(ShapeTests.longFunctions(file)) }
        }
    }

    @Test func `names say what a thing is`() {
        for file in Repository.files where file.isSwift || file.isC {
            expectNone(ShapeTests.emptyNames(file))
        }
    }

    @Test func `what is too long is found`() {
        let long = (0..<60).map { "    let a\($0) = \"}\" // }" }.joined(separator: "\n")
        let text = """
            protocol P {
                func required()
            }
            extension P {
                func short() { call(.init(1)) }
                func long(
                    a: Int
                ) -> Int
                where A: B {
            \(long)
                }
            }
            let wide = \(String(repeating: "1", count: 90))
            class FileHelper {}
            """
        let file = RepositoryFile(path: "Sources/A/B.swift", text: text)
        #expect(
            SwiftCode(text).functions == [
                SwiftFunction(line: 5, lineCount: 1), SwiftFunction(line: 6, lineCount: 65),
            ])
        #expect(ShapeTests.longFunctions(file).map(\.line) == [6])
        #expect(ShapeTests.longLines(file).map(\.line) == [72])
        #expect(ShapeTests.emptyNames(file).map(\.line) == [73])
        #expect(ShapeTests.longFile(file).isEmpty)
        let lines = String(repeating: "\n", count: 600)
        #expect(!ShapeTests.longFile(RepositoryFile(path: "Sources/a.swift", text: lines)).isEmpty)
        #expect(ShapeTests.longFile(RepositoryFile(path: "Tests/a.swift", text: lines)).isEmpty)
        let common = RepositoryFile(path: "Sources/Common/A.swift", text: "")
        #expect(!ShapeTests.emptyNames(common).isEmpty)
    }

    private static func longFile(_ file: RepositoryFile) -> [Finding] {
        let max = file.isBelow("Tests") ? testFileLineCountMax : fileLineCountMax
        let count = file.lines.count - 1
        guard count > max else { return [] }
        return [Finding(file.path, "\(count) lines, at most \(max): part it by concern")]
    }

    private static func longLines(_ file: RepositoryFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            guard line.utf8.count > lineLengthMax, line.count > lineLengthMax else { return nil }
            return Finding(
                file.path, line: index + 1, "\(line.count) columns, at most \(lineLengthMax)")
        }
    }

    private static func longFunctions(_ file: RepositoryFile) -> [Finding] {
        SwiftCode(file.text).functions.filter { $0.lineCount > functionLineCountMax }.map {
            Finding(
                file.path, line: $0.line,
                "a function of \($0.lineCount) lines, at most \(functionLineCountMax): give its "
                    + "steps names")
        }
    }

    private static func emptyNames(_ file: RepositoryFile) -> [Finding] {
        var findings: [Finding] = []
        let bad = Words.of(file.path).filter(emptyNames.contains)
        if !bad.isEmpty {
            findings.append(Finding(file.path, "“\(bad[0])” says nothing: name what it does"))
        }
        guard file.isSwift else { return findings }
        for (index, line) in SwiftCode(file.text).lines.enumerated() {
            let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
            let kinds: Set<Substring> = ["struct", "class", "enum", "actor", "protocol"]
            for (kind, name) in zip(words, words.dropFirst()) where kinds.contains(kind) {
                guard let word = Words.of(name).first(where: emptyNames.contains) else { continue }
                findings.append(
                    Finding(
                        file.path, line: index + 1, "“\(word)” says nothing: name what it does"))
            }
        }
        return findings
    }
}
