import Foundation
import Glibc
import Testing

/// Kills rebuilds at random moments; `BITDUST_KILL_COUNT` says how often.
@Suite struct RebuildKillTests {
    @Test(.enabled(if: Program.path != nil, "the program is not beside the tests"))
    func `a rebuild that is killed at any moment is taken up by the next`() throws {
        let scratch = KillScratch()
        defer { scratch.remove() }
        var random = KillRandom(state: 5)
        scratch.fillSource(&random)
        let program = Program(path: try #require(Program.path), output: scratch["output"])
        let home = scratch["home"]
        let suppliers = (1...4).map { scratch["supplier\($0)"] }
        let backup = try program.run(
            ["backup", scratch["source"], "--home", home, "--no-input", "--suppliers"]
                + [suppliers.joined(separator: ",")])
        try #require(backup.status == 0, "\(backup.output)")
        let tree = scratch.sourceDigest()
        var duration = 0.5
        var killCount = 0
        let wanted = min(40, Program.number("BITDUST_KILL_COUNT") ?? 12)
        for round in 0..<(3 * wanted) where killCount < wanted {
            // Each time another supplier has lost everything.
            removeTree("\(suppliers[round % 4])/segments")
            let run = try program.run(
                ["rebuild", "--home", home], killedAfter: duration * random.fraction())
            if run.wasKilled { killCount += 1 } else { duration *= 0.8 }
            // What was killed is done by the next, before anything else is lost.
            let whole = try program.run(["rebuild", "--home", home])
            try #require(whole.status == 0, "round \(round): \(whole.output)")
            duration = min(duration, max(0.05, whole.seconds))
        }
        #expect(killCount == wanted)
        for supplier in suppliers[..<2] { removeTree(supplier) }
        let target = scratch["target"]
        let restore = try program.run(["restore", "latest", "--target", target, "--home", home])
        try #require(restore.status == 0, "\(restore.output)")
        #expect(TreeDigest.of(target) == tree)
    }
}
