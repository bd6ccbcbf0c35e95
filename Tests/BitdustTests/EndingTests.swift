import ArgumentParser
import Foundation
import Model
import Testing

@testable import bitdust

@Suite struct EndingTests {
    private let failure = Failure(
        "BD-TARGET-IS-FILE", .cannotCreate, "the target is a file", cause: "/x is a file",
        remedy: "name a directory")

    @Test func `a failure says what, why, what to do and its name`() {
        #expect(
            failure.lines(style: .plain) == [
                "bitdust: the target is a file", "  why: /x is a file", "  do:  name a directory",
                "  [BD-TARGET-IS-FILE]",
            ])
        let short = Failure("BD-X", .failed, "it failed")
        #expect(short.lines(style: .plain) == ["bitdust: it failed", "  [BD-X]"])
        #expect(Ending(of: failure) == .failure(failure))
        #expect(Ending(of: failure).code == 73)
    }

    @Test func `the last line for machines has code and message`() throws {
        let line = Ending.failure(failure).line.line
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["message_type"] as? String == "exit_error")
        #expect(object["code"] as? Int == 73)
        #expect(object["message"] as? String == "the target is a file")
        #expect(object["id"] as? String == "BD-TARGET-IS-FILE")
    }

    @Test func `an error nobody knows is a bug with 70`() {
        struct Odd: Error {}
        guard case .failure(let failure) = Ending(of: Odd()) else {
            Issue.record("not a failure")
            return
        }
        #expect(failure.code == "BD-BUG")
        #expect(failure.status.rawValue == 70)
    }

    @Test func `a shortfall has been told and keeps its code`() {
        let ending = Ending(of: Shortfall(status: .filesSkipped, message: "2 files"))
        #expect(ending.code == 3)
        #expect(ending.lines(style: .plain).isEmpty)
        #expect(ending.message == "2 files")
    }

    @Test func `a signal ends as shells report it`() {
        #expect(Ending(of: Interrupted(signal: SIGINT)).code == 130)
        #expect(Ending(of: Interrupted(signal: SIGTERM)).code == 143)
        let first = Ending(of: Interrupted(signal: SIGINT)).lines(style: .plain).first
        #expect(first == "bitdust: stopped - nothing that was acknowledged is lost")
    }

    @Test func `help and version are answers`() {
        for arguments in [["--help"], ["backup", "-h"], ["help", "backup"], ["--version"]] {
            #expect(throws: (any Error).self) {
                do {
                    var command = try Bitdust.parseAsRoot(arguments)
                    try command.run()
                } catch {
                    #expect(Ending(of: error).code == 0)
                    throw error
                }
            }
        }
    }
}
