import APIModel
import Foundation
import Logging
import Model
import Testing

@testable import Daemon

@Suite struct LogTests {
    @Test func `a line is for people in one file and for programs in the other`() throws {
        let scratch = try HomeScratch()
        let logs = NodeLogs(home: scratch.home, time: FixedTime())
        logs.logger("dht").notice("peer said \"hi\"\nERROR fake", metadata: ["peer": "1.2.3.4"])
        let readable = try scratch.text(scratch.home.log("bitdust.log"))
        #expect(
            readable == "2026-11-18T11:06:40Z NOTICE   dht: peer said \"hi\"\\x0aERROR fake "
                + "peer=1.2.3.4\n")
        let line = try scratch.text(scratch.home.log("bitdust.json"))
        let value = try APIValue(parsing: Array(line.utf8))
        #expect(value["level"] == "notice")
        #expect(value["message"] == "peer said \"hi\"\nERROR fake")
        #expect(value["peer"] == "1.2.3.4")
    }

    @Test func `the level changes while loggers are in use`() throws {
        let scratch = try HomeScratch()
        let logs = NodeLogs(home: scratch.home, time: FixedTime())
        let logger = logs.logger("node")
        logger.debug("unheard")
        logs.level = NodeLogs.level(debugLevel: 4)
        logger.debug("heard")
        logs.level = NodeLogs.level(debugLevel: 0)
        logger.debug("unheard again")
        let text = try scratch.text(scratch.home.log("bitdust.log"))
        #expect(text.contains("heard") && !text.contains("unheard"))
        #expect(NodeLogs.level(debugLevel: 8) == .trace)
    }

    @Test func `a full log makes room and keeps so many`() throws {
        let scratch = try HomeScratch()
        let path = scratch.home.log("a.log")
        let file = LogFile(path: path, lengthMax: 100, keptCount: 2)
        for number in 0..<50 { file.append("line \(number) with twenty") }
        let all = try FileManager.default.contentsOfDirectory(atPath: scratch.home.logs).sorted()
        #expect(all.filter { $0.hasPrefix("a.log") } == ["a.log", "a.log.1", "a.log.2"])
        for name in ["a.log", "a.log.1", "a.log.2"] {
            let text = try scratch.text(scratch.home.log(name))
            #expect(text.utf8.count <= 100 && text.hasSuffix("twenty\n"))
        }
        #expect(try scratch.text(path).contains("line 49"))
    }

    @Test func `a log whose directory is gone stops nobody`() throws {
        let scratch = try HomeScratch()
        try FileManager.default.removeItem(atPath: scratch.home.logs)
        let file = LogFile(path: scratch.home.log("a.log"), lengthMax: 100, keptCount: 2)
        file.append("lost")
        try FileManager.default.createDirectory(
            atPath: scratch.home.logs, withIntermediateDirectories: false)
        file.append("kept")
        #expect(try scratch.text(scratch.home.log("a.log")) == "kept\n")
    }
}
