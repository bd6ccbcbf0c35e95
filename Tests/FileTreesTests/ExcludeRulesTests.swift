import FileTrees
import Testing

struct ExcludeRulesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let patterns: [String]
        /// With `/` at the end for a directory.
        let path: String
        let isExcluded: Bool

        init(_ patterns: String..., path: String, _ isExcluded: Bool) {
            self.patterns = patterns
            self.path = path
            self.isExcluded = isExcluded
        }

        var testDescription: String { "\(patterns) on \(path)" }
    }

    static let names = [
        Case("a", path: "a", true), Case("a", path: "a/", true), Case("a", path: "b", false),
        Case("a", path: "x/a", true), Case("a", path: "x/y/a/", true),
        Case("a", path: "ab", false), Case("a", path: "ba", false), Case("A", path: "a", false),
        Case("a/", path: "a/", true), Case("a/", path: "a", false), Case("a/", path: "x/a/", true),
        Case("/a", path: "a", true), Case("/a", path: "x/a", false), Case("/a/", path: "a", false),
        Case("/a/", path: "a/", true), Case("a/b", path: "a/b", true),
        Case("a/b", path: "x/a/b", false), Case("a/b/", path: "a/b", false),
        Case("a/b/", path: "a/b/", true), Case("/a/b", path: "a/b", true),
        Case(" a ", path: " a ", true), Case(" a ", path: "a", false), Case("#a", path: "#a", true),
        Case("\\!a", path: "!a", true), Case("a\\/b", path: "a/b", true),
    ]

    static let wildcards = [
        Case("*", path: "a", true), Case("*", path: ".hidden", true), Case("*", path: "x/a", true),
        Case("*.o", path: "a.o", true), Case("*.o", path: "x/a.o", true),
        Case("*.o", path: "a.oo", false), Case("*.o", path: ".o", true),
        Case("/*.o", path: "x/a.o", false), Case("x/*.o", path: "x/a.o", true),
        Case("x/*.o", path: "x/y/a.o", false), Case("a*b", path: "a/b", false),
        Case("a*b*c", path: "aXbXbXc", true), Case("a*b*c", path: "aXcXb", false),
        Case("?", path: "a", true), Case("?", path: "ab", false), Case("a?b", path: "a/b", false),
        Case("a?c", path: "abc", true), Case("?*?", path: "ab", true),
        Case("?*?", path: "a", false), Case("\\*", path: "*", true),
        Case("\\*", path: "a", false), Case("a\\?", path: "a?", true),
        Case("foo*bar", path: "foobar", true), Case("a**b", path: "aXXb", true),
        Case("a**b", path: "a/b", false), Case("***", path: "abc", true),
    ]

    static let depths = [
        Case("**/a", path: "a", true), Case("**/a", path: "x/y/a", true),
        Case("**/a/b", path: "x/a/b", true), Case("**/a/b", path: "a/b", true),
        Case("**/a/b", path: "a/x/b", false), Case("a/**", path: "a/b", true),
        Case("a/**", path: "a/b/c", true), Case("a/**", path: "a/", false),
        Case("a/**", path: "x/a/b", false), Case("a/**/b", path: "a/b", true),
        Case("a/**/b", path: "a/x/b", true), Case("a/**/b", path: "a/x/y/b", true),
        Case("a/**/b", path: "ab", false), Case("a/**/b", path: "x/a/b", false),
        Case("a/**/b/**/c", path: "a/b/x/b/c", true), Case("a/**/b/**/c", path: "a/c/b", false),
        Case("/**", path: "a", true), Case("**", path: "a/b", true), Case("**/", path: "a", false),
        Case("**/", path: "a/", true), Case("/**/a", path: "a", true),
        Case("a/**/**/b", path: "a/b", true), Case("a/*/b", path: "a/b", false),
        Case("a/**/", path: "a/b/", true), Case("a/**/", path: "a/b", false),
        Case("**/*.o", path: "x/a.o", true), Case("a/**/*.o", path: "a/x/y.o", true),
    ]

    static let classes = [
        Case("[ab]", path: "a", true), Case("[ab]", path: "c", false),
        Case("[!ab]", path: "c", true), Case("[^ab]", path: "a", false),
        Case("[a-c]x", path: "bx", true), Case("[a-c]x", path: "dx", false),
        Case("[]a]", path: "]", true), Case("[!]a]", path: "b", true),
        Case("[a-]", path: "-", true), Case("[-a]", path: "-", true),
        Case("[\\]]", path: "]", true), Case("[c-a]", path: "b", false),
        Case("[[:digit:]]", path: "7", true), Case("[[:digit:]]", path: "x", false),
        Case("[[:alpha:]_]*", path: "_1", true), Case("[![:space:]]", path: " ", false),
        Case("*.[oa]", path: "lib.a", true), Case("a[!x]b", path: "a/b", false),
        Case("[[:xdigit:][:upper:]]", path: "Z", true), Case("[a-c-e]", path: "-", true),
    ]

    static let orders = [
        Case("*.o", "!a.o", path: "a.o", false), Case("*.o", "!a.o", path: "b.o", true),
        Case("!a.o", "*.o", path: "a.o", true), Case("!a", path: "a", false),
        Case("/*", "!/keep", path: "keep", false), Case("/*", "!/keep", path: "other", true),
        Case("a", "!a/", path: "a/", false), Case("a", "!a/", path: "a", true),
        Case("*", "!*.txt", "secret.txt", path: "secret.txt", true),
        Case("*", "!*.txt", "secret.txt", path: "x.txt", false),
    ]

    @Test(arguments: names + wildcards + depths + classes + orders)
    func `patterns decide as gitignore does`(_ example: Case) throws {
        let rules = try ExcludeRules(example.patterns.map { Array($0.utf8) })
        let isDirectory = example.path.hasSuffix("/")
        let path = Array(isDirectory ? example.path.dropLast().utf8[...] : example.path.utf8[...])
        #expect(rules.excludes(path, isDirectory: isDirectory) == example.isExcluded)
    }

    @Test(arguments: ["", "/", "!", "!/", "[", "[a", "a[!", "x/[a/b]", "a\\", "[[:nothing:]]"])
    func `patterns that could never match are refused`(_ pattern: String) {
        #expect(throws: ExcludeError.self) { try ExcludeRules([Array(pattern.utf8)]) }
    }

    @Test func `bytes that are no UTF-8 match themselves`() throws {
        let rules = try ExcludeRules([[0xFF, UInt8(ascii: "?")]])
        #expect(rules.excludes([0xFF, 0xFE], isDirectory: false))
        #expect(!rules.excludes([0xFE, 0xFE], isDirectory: false))
    }

    @Test func `patterns full of stars take steps, not forever`() throws {
        let stars = [[UInt8]](repeating: Array("*a".utf8), count: 60).flatMap { $0 }
        let name = [UInt8](repeating: UInt8(ascii: "a"), count: 250) + [UInt8(ascii: "b")]
        #expect(!(try ExcludeRules([stars]).excludes(name, isDirectory: false)))
        let depths = [[UInt8]](repeating: Array("**/a/".utf8), count: 40).flatMap { $0 }
        let path = [[UInt8]](repeating: Array("a/".utf8), count: 1000).flatMap { $0 }
        let last = Array("b".utf8)
        #expect(try ExcludeRules([depths + last]).excludes(path + last, isDirectory: false))
        #expect(
            !(try ExcludeRules([depths + [UInt8(ascii: "c")]]).excludes(
                path + last, isDirectory: false)))
    }

    @Test func `no patterns leave nothing out`() {
        #expect(ExcludeRules.none.isEmpty)
        #expect(!ExcludeRules.none.excludes(Array("a".utf8), isDirectory: true))
    }
}
