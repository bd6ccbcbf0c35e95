import Testing

/// One word for one thing: the glossary of ARCHITECTURE.md.
@Suite struct WordTests {
    private struct Synonym {
        let word: String
        /// The word of the glossary.
        let instead: String
        /// Paths, or folders of paths, where the word is another thing's own name.
        var allowed: [String] = []
    }

    private static let synonyms = [
        Synonym(word: "shard", instead: "fragment"),
        // SQLite calls its type for bytes so, restic a field of its JSON.
        Synonym(
            word: "blob", instead: "chunk",
            allowed: ["Sources/Catalogs", "Tests/CatalogsTests", "Sources/bitdust/Terminal"]),
        Synonym(word: "repo", instead: "repository"),
        Synonym(word: "chore", instead: "worker"),
        // HTML calls the address of a picture so.
        Synonym(word: "src", instead: "source", allowed: ["Tests/DaemonTests"]),
        // zstd calls a field of its buffers so.
        Synonym(word: "dst", instead: "target", allowed: ["Sources/Compressing"]),
        Synonym(word: "dest", instead: "target"),
        Synonym(word: "packfile", instead: "block"),
    ]

    private static let ownFunctions = ["func encrypt", "func decrypt"]

    @Test func `sources and pages use the words of the glossary`() {
        for file in Repository.files where WordTests.isRead(file) {
            expectNone(WordTests.synonyms(in: file))
        }
    }

    @Test func `synonyms are found inside names`() {
        let text = "let shardCount = 1\nlet sharding = 2\n/// a blob\nfunc encrypt(_ a: Int) {}\n"
        let file = RepositoryFile(path: "Sources/Model/A.swift", text: text)
        #expect(WordTests.synonyms(in: file).map(\.line) == [1, 3, 4])
        let catalog = RepositoryFile(path: "Sources/Catalogs/A.swift", text: "/// a blob")
        #expect(WordTests.synonyms(in: catalog).isEmpty)
        #expect(
            Words.of("readHTTPBody fragment_count2") == ["read", "httpbody", "fragment", "count2"])
    }

    private static func isRead(_ file: RepositoryFile) -> Bool {
        (file.isSwift || file.path.hasSuffix(".md")) && !file.isBelow("Tests/TidyTests")
    }

    private static func synonyms(in file: RepositoryFile) -> [Finding] {
        let rules = synonyms.filter { rule in !rule.allowed.contains { file.isBelow($0) } }
        var findings: [Finding] = []
        for (index, line) in file.lines.enumerated() {
            let words = Words.of(line)
            for rule in rules where words.contains(rule.word) || words.contains(rule.word + "s") {
                findings.append(
                    Finding(
                        file.path, line: index + 1,
                        "“\(rule.word)” is called \(rule.instead) here"))
            }
            if file.isSwift, ownFunctions.contains(where: line.contains) {
                findings.append(
                    Finding(file.path, line: index + 1, "ours are called seal and open"))
            }
        }
        return findings
    }
}
