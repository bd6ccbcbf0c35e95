import Foundation
import Model
import Testing

@testable import Daemon

@Suite struct ProcessTests {
    @Test func `a home has one node, and who comes second learns which`() throws {
        let scratch = try HomeScratch()
        #expect(!NodeLock.isHeld(scratch.home))
        let lock = try NodeLock(scratch.home)
        #expect(NodeLock.isHeld(scratch.home))
        #expect(NodeLock.holder(scratch.home) == nil, "not before it is ready")
        try lock.announce()
        #expect(NodeLock.holder(scratch.home) == getpid())
        let failure = #expect(throws: Failure.self) { try NodeLock(scratch.home) }
        #expect(failure?.message == "main BitDust process already started: [\(getpid())]")
        #expect(failure?.status == .busy)
        lock.release()
        #expect(!NodeLock.isHeld(scratch.home))
        #expect(!FileManager.default.fileExists(atPath: scratch.home.processID))
        try NodeLock(scratch.home).release()
    }

    @Test func `a pid file without its lock means nothing`() throws {
        let scratch = try HomeScratch()
        try Data("1\n".utf8).write(to: URL(filePath: scratch.home.processID))
        #expect(NodeLock.holder(scratch.home) == nil)
    }

    @Test func `what a node reports is read as it was written`() {
        let failures = [
            Failure("BD-A", .busy, "a message", cause: "a cause", remedy: "a remedy"),
            Failure("BD-B", .failed, "no more than\na message"),
        ]
        for readiness in [Readiness.ready] + failures.map(Readiness.failed) {
            #expect(Readiness(decoding: readiness.encoded) == readiness)
            for count in 0..<readiness.encoded.count {
                let part = Readiness(decoding: Array(readiness.encoded.prefix(count)))
                #expect(part == nil || part != .ready, "a part is never good news")
            }
        }
        #expect(Readiness(decoding: Array("FAILED\nBD-A\00999\0a\0b\0c".utf8)) == nil)
    }

    @Test func `who is started in the background tells its failure to who started it`() throws {
        let scratch = try HomeScratch()
        let failure = Failure("BD-A", .busy, "a message", cause: "why", remedy: "what")
        let text = failure.message + "\0" + "why\0what"
        let script = "printf 'FAILED\\nBD-A\\00011\\000\(text)' >&3"
            .replacingOccurrences(of: "\0", with: "\\000")
        let process = DetachedProcess(
            home: scratch.home, command: ["/bin/sh", "-c", script, "sh"])
        #expect(throws: failure) { try process.start() }
    }

    @Test
    func `who is ready is left running, in a session of its own and with its output in a log`()
        throws
    {
        let scratch = try HomeScratch()
        let script = "ps -o sid= -p $$; echo said; printf 'READY\\n' >&3; exec 3>&-; sleep 60"
        let process = DetachedProcess(
            home: scratch.home, command: ["/bin/sh", "-c", script, "sh"])
        let id = try process.start()
        defer {
            kill(id, SIGKILL)
            waitpid(id, nil, 0)
        }
        #expect(kill(id, 0) == 0)
        #expect(getsid(id) == id)
        #expect(try scratch.text(scratch.home.log("stdout.log")).contains("said"))
    }

    @Test func `who dies before it is ready is told of`() throws {
        let scratch = try HomeScratch()
        let process = DetachedProcess(
            home: scratch.home, command: ["/bin/sh", "-c", "exit 3", "sh"])
        let failure = #expect(throws: Failure.self) { try process.start() }
        #expect(failure?.code == "BD-NODE-DIED")
        let missing = DetachedProcess(home: scratch.home, command: ["/nowhere/bitdust"])
        let other = #expect(throws: Failure.self) { try missing.start() }
        #expect(["BD-NODE-START", "BD-NODE-DIED"].contains(other?.code))
    }

    @Test func `the unit of systemd reads as it did`() throws {
        let unit = SystemdUnit(program: "/opt/a b/bitdust", home: "/home/al%ice/.bitdust")
        #expect(try Fixture.text("fixtures/systemd/bitdust.service", found: unit.text) == unit.text)
        #expect(unit.text.contains("\"/opt/a b/bitdust\" start"))
        #expect(unit.text.contains("al%%ice"))
    }
}
