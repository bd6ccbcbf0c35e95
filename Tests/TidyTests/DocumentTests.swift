import Foundation
import Testing

/// What the pages and comments point at is there.
@Suite struct DocumentTests {
    /// Folders whose paths are written in pages between backquotes.
    private static let folders = [
        "Sources/", "Tests/", "docs/", "fixtures/", "scripts/", "Benchmarks/",
    ]

    @Test func `links of pages lead somewhere`() {
        for file in Repository.documents { expectNone(DocumentTests.deadLinks(file)) }
    }

    @Test func `paths named in pages and comments exist`() {
        for file in Repository.files where !file.isBelow("Tests/TidyTests") {
            expectNone(DocumentTests.deadPaths(file))
        }
    }

    @Test func `commands named in pages are targets of make`() throws {
        let makefile = try Repository.file("Makefile")
        let targets = Set(
            makefile.lines.compactMap { line in
                line.firstIndex(of: ":").map { String(line[..<$0]) }
            })
        for file in Repository.documents {
            let unknown = DocumentTests.makeCommands(file).filter { !targets.contains($0.1) }
            expectNone(unknown.map { Finding(file.path, line: $0.0, "no target “make \($0.1)”") })
        }
    }

    @Test func `every format names its page and its golden file`() {
        for file in Repository.swift where file.isBelow("Sources") {
            guard file.text.contains("let magic: StaticString") else { continue }
            if !file.text.contains("docs/formats/") {
                expectNone([Finding(file.path, "name the format's page in docs/formats")])
            }
            if !file.text.contains("Golden file: `fixtures/") {
                expectNone([Finding(file.path, "name the format's golden file")])
            }
        }
    }

    @Test func `every page of a format is in the index`() throws {
        let index = try Repository.file("docs/formats/README.md")
        for file in Repository.documents where file.isBelow("docs/formats") {
            if file.name != "README.md", !index.text.contains("(\(file.name))") {
                expectNone([Finding(index.path, "no link to \(file.name)")])
            }
        }
    }

    @Test func `every fixture is named by a test`() {
        let tests = Repository.swift.filter {
            $0.isBelow("Tests") && !$0.isBelow("Tests/TidyTests")
        }
        for path in Repository.paths where path.hasPrefix("fixtures/") {
            let parts = path.split(separator: "/").dropFirst()
            let folder = parts.count > 1 ? String(parts.first!) : ""
            let isNamed = tests.contains {
                $0.text.contains(parts.joined(separator: "/"))
                    || (!folder.isEmpty
                        && ($0.text.contains("\"\(folder)\"")
                            || $0.text.contains("fixtures/\(folder)")))
            }
            if !isNamed { expectNone([Finding(path, "no test names this fixture: delete it")]) }
        }
    }

    @Test func `dead links, paths and commands are found`() {
        let text = """
            See [the code](Package.swift), [nothing](nothing.md) and [the web](https://swift.org).
            `Sources/Nothing/A.swift`, `Sources/<target>`, `fixtures/nothing/v1.bin`.
            `Benchmarks/results/a.md`
            Then `make nothing`; make sure it works.
            ```
            make everything
            ```
            """
        let page = RepositoryFile(path: "A.md", text: text)
        #expect(DocumentTests.deadLinks(page).map(\.line) == [1])
        #expect(DocumentTests.deadPaths(page).map(\.line) == [2, 2])
        #expect(DocumentTests.makeCommands(page).map(\.1) == ["nothing", "everything"])
        let source = RepositoryFile(
            path: "Sources/A/A.swift", text: "/// docs/nothing.md and docs/formats/block.md.")
        #expect(DocumentTests.deadPaths(source).count == 1)
    }

    private static func deadLinks(_ file: RepositoryFile) -> [Finding] {
        let folder = file.path.split(separator: "/").dropLast().joined(separator: "/")
        var findings: [Finding] = []
        for (index, line) in file.lines.enumerated() {
            for range in line.ranges(of: "](") {
                let target = line[range.upperBound...].prefix { $0 != ")" && $0 != "#" }
                let isLocal = !target.isEmpty && !target.contains(":")
                if isLocal, !Repository.exists(folder.isEmpty ? "\(target)" : "\(folder)/\(target)")
                {
                    findings.append(
                        Finding(file.path, line: index + 1, "dead link to \(target)"))
                }
            }
        }
        return findings
    }

    /// Paths to pages and golden files anywhere, to all else between backquotes in pages.
    private static func deadPaths(_ file: RepositoryFile) -> [Finding] {
        let isPage = file.path.hasSuffix(".md")
        var findings: [Finding] = []
        for (index, line) in file.lines.enumerated() {
            for folder in folders where line.contains(folder) {
                for range in line.ranges(of: folder) {
                    let rest = line[range.lowerBound...].prefix { !" `\"'()[],:;".contains($0) }
                    let path = rest.hasSuffix(".") ? rest.dropLast() : rest
                    let isQuoted = line[..<range.lowerBound].hasSuffix("`")
                    let isKept = isPage ? isQuoted : path.hasSuffix(".md") || isGolden(path)
                    let isPattern =
                        path.contains { "<*\\$…{".contains($0) } || path.contains("NNNN")
                    let isInside = line[..<range.lowerBound].last.map { $0 == "/" } ?? false
                    let isMade = Repository.isMade(String(path))
                    guard isKept, !isPattern, !isInside, !isMade, !Repository.exists(String(path))
                    else { continue }
                    findings.append(
                        Finding(file.path, line: index + 1, "\(path) does not exist"))
                }
            }
        }
        return findings
    }

    private static func isGolden(_ path: Substring) -> Bool {
        path.hasPrefix("fixtures/") && path.contains(".")
    }

    /// Line and target of each `make x` between backquotes or in a block of commands.
    private static func makeCommands(_ file: RepositoryFile) -> [(Int, String)] {
        var commands: [(Int, String)] = []
        var isBlock = false
        for (index, line) in file.lines.enumerated() {
            if line.hasPrefix("```") { isBlock.toggle() }
            var starts = line.ranges(of: "`make ").map(\.upperBound)
            if isBlock, line.hasPrefix("make ") || line.hasPrefix("$ make ") {
                starts.append(line.firstRange(of: "make ")!.upperBound)
            }
            for start in starts {
                let target = line[start...].prefix { $0.isLowercase || $0 == "-" }
                if !target.isEmpty { commands.append((index + 1, String(target))) }
            }
        }
        return commands
    }
}
