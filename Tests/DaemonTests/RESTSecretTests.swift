import Daemon
import Foundation
import Model
import Testing

@Suite struct RESTSecretTests {
    private func inScratch(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "bitdust-secret-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.appending(path: "apisecret").path(percentEncoded: false))
    }

    @Test func `the file is made once, for its owner alone, and read afterwards`() throws {
        try inScratch { path in
            let made = try APISecret(path: path, random: SystemRandom())
            #expect(made.text.utf8.count == 32)
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(try APISecret(path: path, random: SystemRandom()).text == made.text)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == made.text + "\n")
        }
    }

    @Test func `a file that others can read, a link and rubbish are not used`() throws {
        try inScratch { path in
            func write(_ text: String, _ mode: Int) throws {
                try? FileManager.default.removeItem(atPath: path)
                try text.write(toFile: path, atomically: false, encoding: .utf8)
                try FileManager.default.setAttributes(
                    [.posixPermissions: mode], ofItemAtPath: path)
            }
            func failure() -> APISecret.Failure? {
                do {
                    _ = try APISecret(path: path, random: SystemRandom())
                    return nil
                } catch {
                    return error as? APISecret.Failure
                }
            }
            try write("abcdefghijklmnop", 0o600)
            #expect(failure() == nil)
            try write("abcdefghijklmnop", 0o640)
            #expect(failure() == .notPrivate(path: path))
            for text in ["", "short", "has a blank in it", String(repeating: "a", count: 257)] {
                try write(text, 0o600)
                #expect(failure() == .unusable(path: path), "\(text)")
            }
            try write("abcdefghijklmnop", 0o600)
            let link = path + "-link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
            #expect(throws: APISecret.Failure.self) {
                try APISecret(path: link, random: SystemRandom())
            }
        }
    }

    @Test func `only the whole secret matches`() {
        let secret = APISecret("abcdefghijklmnop")
        #expect(secret.matches("abcdefghijklmnop"))
        for wrong in [
            "", "a", "abcdefghijklmno", "abcdefghijklmnopa", "abcdefghijklmnoq",
            "abcdefghijklmnopabcdefghijklmnop", "ABCDEFGHIJKLMNOP",
        ] {
            #expect(!secret.matches(wrong), "\(wrong)")
        }
    }
}
