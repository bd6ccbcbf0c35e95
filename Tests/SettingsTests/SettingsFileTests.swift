import Model
import Testing

@testable import Settings

@Suite struct SettingsFileTests {
    private static let golden = GoldenFile(path: "fixtures/settings/v1.conf")

    private static var sample: SettingsFile {
        var file = SettingsFile()
        file.set("services/supplier/donated-space", "50 GB")
        file.set("services/customer/enabled", "false")
        file.set("logs/debug-level", "3")
        file.set("paths/restore", " /with blanks ")
        file.set("services/entangled-dht/known-nodes", "genesis")
        file.set("services/identity-server/host", "#\"\\\nä")
        file.set("services/proxy-transport/preferred-routers", "")
        file.set("services/identity-server/enabled", "true")
        return file
    }

    private func file(_ text: String) throws -> SettingsFile { try SettingsFile(Array(text.utf8)) }

    @Test func `the bytes are those of the golden file`() throws {
        try SettingsFileTests.golden.expect(SettingsFileTests.sample.bytes)
        #expect(try SettingsFile(SettingsFileTests.golden.bytes) == SettingsFileTests.sample)
    }

    @Test func `no truncation and no changed bit of the golden file traps or changes other lines`()
        throws
    {
        let bytes = try SettingsFileTests.golden.bytes
        for length in bytes.indices { _ = try? SettingsFile(Array(bytes[..<length])) }
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                guard let file = try? SettingsFile(changed) else { continue }
                // A text has no checksum; but what is read is what stands there.
                let end: [UInt8] = changed.last == UInt8(ascii: "\n") ? [] : [UInt8(ascii: "\n")]
                #expect(file.bytes == changed + end || changed.contains(UInt8(ascii: "\r")))
                #expect(file.entries.count >= 7 && file.entries.count <= 9)
            }
        }
    }

    @Test func `random bytes never trap`() {
        let alphabet = Array("ab/=\"\\n# \t\r\n\u{0}é".utf8) + [0xff, 0xc0, 0xef, 0xbb, 0xbf]
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<20_000 {
            let length = Int.random(in: 0..<24, using: &generator)
            let bytes = (0..<length).map { _ in alphabet.randomElement(using: &generator)! }
            guard let file = try? SettingsFile(bytes) else { continue }
            #expect(
                (try? SettingsFile(file.bytes))?.entries.map(\.entry) == file.entries.map(\.entry))
        }
    }

    @Test func `every value reads back as it was set`() throws {
        let letters = Array("a \t\"\\\n#=né")
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<3000 {
            let length = Int.random(in: 0..<6, using: &generator)
            let value = String((0..<length).map { _ in letters.randomElement(using: &generator)! })
            var file = SettingsFile()
            file.set("a/b", value)
            let read = try SettingsFile(file.bytes)
            #expect(read.entries.map(\.entry.value) == [value], "\(value.debugDescription)")
            #expect(read == file)
        }
    }

    @Test func `remarks, empty lines and the order of lines stay`() throws {
        let text = """
            # my node

            services/customer/enabled=false
               # why: it is a server
            services/supplier/enabled   =   true

            # the end

            """
        var file = try file(text)
        file.set("services/supplier/enabled", "false")
        file.set("logs/debug-level", "1")
        file.set("services/entangled-dht/udp-port", "2")
        #expect(
            String(decoding: file.bytes, as: UTF8.self) == """
                # my node

                logs/debug-level = 1
                services/customer/enabled=false
                services/entangled-dht/udp-port = 2
                   # why: it is a server
                services/supplier/enabled = false

                # the end

                """)
        file.set("services/customer/enabled", nil)
        file.set("services/customer/enabled", nil)
        #expect(!file.entries.contains { $0.entry.key == "services/customer/enabled" })
        #expect(String(decoding: file.bytes, as: UTF8.self).contains("# why: it is a server"))
    }

    @Test func `a value that is the same leaves its line as it is`() throws {
        var file = try file("a/b   =  \"x\"\n")
        file.set("a/b", "x")
        #expect(String(decoding: file.bytes, as: UTF8.self) == "a/b   =  \"x\"\n")
    }

    @Test func `files of other editors are read`() throws {
        let bytes: [UInt8] = [0xef, 0xbb, 0xbf] + Array("a/b = c\r\nd/e = f".utf8)
        let file = try SettingsFile(bytes)
        #expect(file.entries.map(\.entry.value) == ["c", "f"])
        #expect(String(decoding: file.bytes, as: UTF8.self) == "a/b = c\nd/e = f\n")
    }

    @Test(
        arguments: [
            ("a b = c", 1, 3, .noEqualsSign), ("x\n\na", 3, 2, .noEqualsSign),
            ("A = c", 1, 1, .badKey),
            ("  = c", 1, 3, .badKey), ("# é\n  a//b = c", 2, 3, .badKey),
            ("a = \"x", 1, 7, .noEndQuote), ("a = \"x\" y", 1, 9, .textBehindQuote),
            ("é = \"\\q\"", 1, 1, .badKey), ("a = \"é\\q\"", 1, 8, .badEscape),
            ("a = \"\\", 1, 7, .badEscape), ("a = b\u{1}", 1, 6, .controlCharacter),
            ("# b\u{9b}", 1, 4, .controlCharacter), ("a = b\rc", 1, 6, .controlCharacter),
            ("a = 1\n# c\n a = 2", 3, 2, .repeated("a", firstLine: 1)),
            ("# bitdust settings, version 2\n", 1, 29, .unsupportedVersion("2")),
            ("# bitdust settings, version 1x\n", 1, 29, .unsupportedVersion("1x")),
        ] as [(String, Int, Int, SettingsFileError.Problem)])
    func `an error names line and column`(
        text: String, line: Int, column: Int, problem: SettingsFileError.Problem
    ) {
        let whole = text.hasPrefix("x\n") ? "x = 1" + text.dropFirst() : text
        #expect(throws: SettingsFileError(line, column, problem)) { try file(whole) }
    }

    @Test func `what is not UTF-8 is refused with its line`() {
        #expect(throws: SettingsFileError(2, 1, .notUTF8)) {
            try SettingsFile(Array("a = b\nc = ".utf8) + [0xc0, 0xaf])
        }
    }

    @Test func `long files, lines and many of them are refused`() {
        let long = [UInt8](repeating: UInt8(ascii: "#"), count: Limits.settingsFileLengthMax + 1)
        #expect(throws: SettingsFileError(1, 1, .tooLong(limit: Limits.settingsFileLengthMax))) {
            try SettingsFile(long)
        }
        let many = [UInt8](repeating: UInt8(ascii: "\n"), count: Limits.settingsLineCountMax + 1)
        #expect(throws: SettingsFileError(Limits.settingsLineCountMax + 1, 1, .tooManyLines)) {
            try SettingsFile(many)
        }
        let value = String(repeating: "x", count: Limits.settingLengthMax + 1)
        #expect(throws: SettingsFileError(1, 5, .valueTooLong)) { try file("a = \(value)") }
    }
}
