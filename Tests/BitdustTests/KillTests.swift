import Foundation
import Glibc
import Model
import Testing

/// Kills the program at random moments and holds it to what it had acknowledged.
///
/// `BITDUST_KILL_COUNT` says how often, `BITDUST_KILL_SEED` which moments.
@Suite struct KillTests {
    @Test(.enabled(if: Program.path != nil, "the program is not beside the tests"))
    func `whenever it is killed nothing that was acknowledged is lost`() throws {
        let loop = try KillLoop(
            seed: UInt64(Program.number("BITDUST_KILL_SEED") ?? 1),
            killCount: Program.number("BITDUST_KILL_COUNT") ?? 200)
        defer { loop.scratch.remove() }
        try loop.perform()
        #expect(loop.killCount >= loop.killsWanted)
        #expect(loop.killedPhases.allSatisfy { $0.value > loop.killsWanted / 10 })
        #expect(loop.killedPhases.count == 3)
    }
}

/// Runs backups and restores of a small tree that changes all the time, and kills most of them.
private final class KillLoop {
    /// A snapshot whose line was printed, and the tree that it must give back.
    private struct Acknowledged {
        let home: String
        let id: String
        let tree: [String: TreeDigest]
    }

    let scratch: KillScratch
    let killsWanted: Int
    private(set) var killCount = 0
    /// Kills that met a running program, by what it was doing.
    private(set) var killedPhases: [String: Int] = [:]
    private let program: Program
    private var random: KillRandom
    private var acknowledged: [Acknowledged] = []
    private var durations: [String: Double] = [:]
    private var homeCount = 0
    private var targetCount = 0

    init(seed: UInt64, killCount: Int) throws {
        self.scratch = KillScratch()
        self.program = Program(path: try #require(Program.path), output: scratch["output"])
        self.random = KillRandom(state: seed)
        self.killsWanted = killCount
        scratch.fillSource(&random)
    }

    func perform() throws {
        try firstBackup(killsMax: 0)
        let main = scratch["home1"]
        try completeRestore(acknowledged[0], killsMax: 0)
        var round = 0
        while killCount < killsWanted {
            round += 1
            switch round % 4 {
            case 0: try firstBackup(killsMax: 6)
            case 1: try completeRestore(acknowledged[random.below(acknowledged.count)], killsMax: 3)
            default: try laterBackup(main, killsMax: 6)
            }
            if round % 8 == 0 { try check(main, readsData: false) }
        }
        try check(main, readsData: true)
        for snapshot in acknowledged where snapshot.home == main {
            try completeRestore(snapshot, killsMax: 0)
        }
    }

    /// Backs up into a home of its own until that is done, and restores the outcome.
    private func firstBackup(killsMax: Int) throws {
        homeCount += 1
        let home = scratch["home\(homeCount)"]
        scratch.changeSource(&random)
        for _ in 0..<killsMax { if try !backup("first", home) { break } }
        if !acknowledged.contains(where: { $0.home == home }) { try completeBackup("first", home) }
        guard killsMax > 0 else { return }
        try check(home, readsData: true)
        for snapshot in acknowledged where snapshot.home == home {
            try completeRestore(snapshot, killsMax: 0)
        }
        acknowledged.removeAll { $0.home == home }
        removeTree(home)
    }

    /// Changes the source and kills a backup of it, again and again, then lets one finish.
    private func laterBackup(_ home: String, killsMax: Int) throws {
        for _ in 0..<killsMax {
            scratch.changeSource(&random)
            _ = try backup("later", home)
        }
        scratch.changeSource(&random)
        try completeBackup("later", home)
        try expectAll(home)
    }

    /// One backup that is killed at a random moment.
    ///
    /// - Returns: false when it was done before that.
    private func backup(_ phase: String, _ home: String) throws -> Bool {
        let before = scratch.sourceDigest()
        let run = try kill(phase, ["backup", scratch["source"], "--home", home, "--json"])
        noteAcknowledgement(run, home, before)
        return run.wasKilled
    }

    private func completeBackup(_ phase: String, _ home: String) throws {
        let before = scratch.sourceDigest()
        let run = try program.run(["backup", scratch["source"], "--home", home, "--json"])
        try #require(run.status == 0, "backup: \(run.output)")
        durations[phase] = run.seconds
        noteAcknowledgement(run, home, before)
        try #require(acknowledged.last?.home == home)
    }

    /// The printed line is the promise, whatever became of the program after it.
    private func noteAcknowledgement(
        _ run: Program.Run, _ home: String, _ tree: [String: TreeDigest]
    ) {
        let mark = "\"snapshot_id\":\""
        for line in run.output.split(separator: "\n") where line.hasSuffix("}") {
            guard let start = line.firstRange(of: mark)?.upperBound else { continue }
            let id = String(line[start...].prefix { $0 != "\"" })
            acknowledged.append(Acknowledged(home: home, id: id, tree: tree))
        }
    }

    /// Restores a snapshot into a new target, killing the first attempts, and compares.
    private func completeRestore(_ snapshot: Acknowledged, killsMax: Int) throws {
        targetCount += 1
        let target = scratch["target\(targetCount)"]
        defer { removeTree(target) }
        let words = ["restore", snapshot.id, "--target", target, "--home", snapshot.home, "--json"]
        for _ in 0..<killsMax { if try !kill("restore", words).wasKilled { break } }
        let run = try program.run(words)
        try #require(run.status == 0, "restore: \(run.output)")
        durations["restore"] = durations["restore"] ?? run.seconds
        #expect(TreeDigest.of(target) == snapshot.tree, "snapshot \(snapshot.id)")
    }

    private func check(_ home: String, readsData: Bool) throws {
        let words = ["check", "--home", home, "--json"] + (readsData ? ["--read-data"] : [])
        let run = try program.run(words)
        #expect(run.status == 0, "check: \(run.output)")
        try expectAll(home)
    }

    /// Every acknowledged snapshot is listed.
    private func expectAll(_ home: String) throws {
        let run = try program.run(["snapshots", "--home", home, "--json"])
        try #require(run.status == 0, "snapshots: \(run.output)")
        for snapshot in acknowledged where snapshot.home == home {
            #expect(run.output.contains(snapshot.id), "snapshot \(snapshot.id) is gone")
        }
    }

    private func kill(_ phase: String, _ words: [String]) throws -> Program.Run {
        let duration = durations[phase] ?? 0.3
        let run = try program.run(words, killedAfter: duration * random.fraction())
        if run.wasKilled {
            killCount += 1
            killedPhases[phase, default: 0] += 1
        } else {
            try #require(run.status == 0, "\(phase): \(run.output)")
            durations[phase] = run.seconds
        }
        return run
    }
}
