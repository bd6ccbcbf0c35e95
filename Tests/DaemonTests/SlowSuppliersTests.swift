import Foundation
import Model
import Synchronization
import Testing

@testable import Daemon

/// All suppliers at the end of long, thin lines: everything takes its time, and comes out right.
@Suite(.serialized) struct SlowSuppliersTests {
    private static let isLong = ProcessInfo.processInfo.environment["BITDUST_SLOW_PEERS"] != nil
    /// Nanoseconds each way: one of a good line, or with `make slow-peers` of a bad one.
    private static let delay: UInt64 = isLong ? 400_000_000 : 25_000_000
    /// KiB that slow suppliers may cost beside the buffers that there are anyway.
    private static let growthMax = 32 << 10

    @Test func `a round with every supplier slow rebuilds what is lost and blames nobody`()
        async throws
    {
        let station = try await NetworkStation(suppliers: 7)
        try station.fill()
        let relays = try station.nodes.map { try SlowRelay(before: $0.endpoint!.port) }
        let program = try ProgramProcess(home: "\(station.path)/customer")
        let places = relays.map { "\($0.endpoint)" }.joined(separator: ",")
        let source = station.source
        try await onThread {
            try program.must("backup", source, "--to", places, "--scheme", "2+2")
        }
        // The first round audits for a whole day.
        let slow = try await round(SlowSuppliersTests.delay, station, relays, program)
        // One that is not slow, to compare.
        let fast = try await round(0, station, relays, program)
        for run in [slow, fast] {
            let summary = try summary(run)
            #expect(summary.stored > 0, "\(run.output)")
            #expect(summary.failed == 0 && summary.unanswered == 0 && summary.foundLost == 0)
        }
        #expect(slow.status == 0, "all is whole again: \(slow.output)")
        #expect(try summary(slow).passed > 64, "\(slow.output)")
        #expect(
            slow.memoryMax < fast.memoryMax + SlowSuppliersTests.growthMax,
            "\(slow.memoryMax) KiB, fast \(fast.memoryMax)")
        // Nobody was replaced or dismissed, and nobody but the two that are off is away.
        let list = try await onThread { try program.run(["suppliers", "--json"]) }
        let words = try states(list.output)
        #expect(words.count == 7 && words.count { $0 == "ok" } == 5, "\(list.output)")
        // Two of those that are left give it back: what was rebuilt is whole.
        for relay in relays { relay.delay.withLock { $0 = 0 } }
        for _ in 0..<2 { try await stopRichest(station, relays, program) }
        let target = "\(station.path)/target"
        try await onThread { try program.must("restore", "latest", "--target", target) }
        #expect(try NetworkStation.files(source) == NetworkStation.files(target))
        for relay in relays { relay.close() }
        await station.end()
    }

    /// One supplier goes, and the others make up for it.
    private func round(
        _ delay: UInt64, _ station: NetworkStation, _ relays: [SlowRelay],
        _ program: ProgramProcess
    ) async throws -> ProgramProcess.Run {
        try await stopRichest(station, relays, program)
        // Silence is what lies between two looks.
        _ = try await onThread { try program.run(["suppliers"]) }
        for relay in relays { relay.delay.withLock { $0 = delay } }
        return try await onThread { try program.run(["rebuild", "--grace", "0", "--json"]) }
    }

    /// Stops the supplier that has most of those that answer.
    private func stopRichest(
        _ station: NetworkStation, _ relays: [SlowRelay], _ program: ProgramProcess
    ) async throws {
        let run = try await onThread { try program.run(["suppliers", "--json"]) }
        let richest = try list(run.output).filter { $0["state"] as? String == "ok" }
            .max { $0["fragments"] as? Int ?? 0 < $1["fragments"] as? Int ?? 0 }
        let address = try #require(richest?["address"] as? String)
        let number = try #require(relays.firstIndex { address.hasSuffix("@\($0.endpoint)") })
        #expect(richest?["fragments"] as? Int ?? 0 > 0)
        await station.nodes[number].stop()
        relays[number].close()
    }

    private struct Summary {
        let passed: Int
        let failed: Int
        let unanswered: Int
        let foundLost: Int
        let stored: Int
    }

    private func objects(_ output: String) -> [[String: Any]] {
        output.split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    private func summary(_ run: ProgramProcess.Run) throws -> Summary {
        let found = try #require(
            objects(run.output).last { $0["message_type"] as? String == "summary" },
            "\(run.output)")
        func number(_ name: String) throws -> Int { try #require(found[name] as? Int) }
        return Summary(
            passed: try number("audits_passed"), failed: try number("audits_failed"),
            unanswered: try number("audits_unanswered"),
            foundLost: try number("fragments_found_lost"), stored: try number("fragments_stored"))
    }

    private func list(_ output: String) throws -> [[String: Any]] {
        let list = try JSONSerialization.jsonObject(with: Data(output.utf8))
        return try #require(list as? [[String: Any]], "\(output)")
    }

    private func states(_ output: String) throws -> [String] {
        try list(output).compactMap { $0["state"] as? String }
    }
}
