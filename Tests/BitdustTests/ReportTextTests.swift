import Model
import Testing

@testable import Pipelines
@testable import bitdust

/// What people read when a command is done.
@Suite struct ReportTextTests {
    @Test func `a backup ends with what it did and what that is worth`() {
        #expect(
            BackupText.summaryLines(Samples.backup()) == [
                "  new 5 307  changed 0  same 0  skipped 0",
                "  1.72 GiB in files -> 1.20 GiB new after dedup -> 1.10 GiB compressed "
                    + "-> 2.20 GiB in fragments",
            ])
        #expect(
            BackupText.resultLine(Samples.backup(), style: .plain)
                == "snapshot 7f3a91c0 saved in 0:09 - healthy: can lose any 2 of 4 suppliers")
    }

    @Test func `a backup that stored nothing new says so`() {
        var report = Samples.backup()
        report.snapshot.counts.bytesNew = 0
        #expect(
            BackupText.summaryLines(report).last == "  1.72 GiB in files -> nothing new to store")
    }

    @Test func `a backup does not call healthy what is not`() {
        var report = Samples.backup()
        report.lossesTolerated = 1
        report.suppliersFailed = [(Samples.supplier(1).record, "its disk is full")]
        #expect(
            BackupText.resultLine(report, style: .plain)
                == "snapshot 7f3a91c0 saved in 0:09 - below target: can lose any 1 of 4 suppliers")
        report.suppliersFailed = []
        report.lossesTolerated = 0
        report.suppliersTotal = 1
        #expect(
            BackupText.resultLine(report, style: .plain)
                == "snapshot 7f3a91c0 saved in 0:09 - not redundant: "
                + "only one supplier, it must not be lost")
        #expect(
            BackupText.resultLine(Samples.backup(isDryRun: true), style: .plain)
                == "dry run: nothing was stored (scheme would be 2+2)")
    }

    @Test func `the first run says what its suppliers are worth`() {
        let records = (1...4).map { Samples.supplier($0).record }
        let made = SuppliersSummary(records: records, created: true, sharesOneDisk: true)
        let lines = BackupText.joinedLines(made, named: false)
        #expect(
            lines.first
                == "No network joined - started the built-in one: 4 suppliers on this disk, "
                + "any 2 may fail.")
        #expect(lines.last?.contains("one disk is not off-site") == true)
        let known = SuppliersSummary(records: records, created: false, sharesOneDisk: true)
        #expect(BackupText.joinedLines(known, named: false).isEmpty)
        #expect(BackupText.joinedLines(known, named: true).count == 1)
    }

    @Test func `a restore ends with what it verified`() {
        var report = RestoreReport(snapshotID: Samples.id(0x7F))
        report.filesRestored = 311_402
        report.bytesRestored = 172 << 30
        report.durationNanoseconds = 61_000_000_000
        #expect(
            RestoreText.resultLine(report, isDryRun: false)
                == "restored 311 402 files, 172 GiB in 1:01, every hash verified. 0 problems.")
        report.filesSame = 3
        report.filesKept = 2
        report.problems = [SourceProblem(path: [0x61], reason: "lost")]
        #expect(
            RestoreText.resultLine(report, isDryRun: false).hasSuffix(
                "3 were the same. 2 were left alone. 1 problem."))
        report.fragmentsHealed = [(Samples.supplier(2).record, 1)]
        report.suppliersAway = [
            SupplierAbsence(
                supplier: Samples.supplier(1).record, fragmentCount: 7, reason: nil),
            SupplierAbsence(
                supplier: Samples.supplier(3).record, fragmentCount: 2, reason: "no disk"),
        ]
        report.metadataIssues = [("owner not set (only root may)", 12)]
        #expect(
            RestoreText.noteLines(report) == [
                "  healed: /srv/2 has 1 fragment no more, or changed: `bitdust check --repair` "
                    + "makes them again",
                "  away: /srv/1, 7 fragments were not to be had (it stopped answering): nothing to "
                    + "do if it comes back",
                "  away: /srv/3, 2 fragments were not to be had (no disk): nothing to do if it "
                    + "comes back",
                "  note: owner not set (only root may), 12 times",
            ])
        #expect(report.status == .filesDamaged)
        report.filesAway = 1
        #expect(report.status == .tooFewSuppliers)
        #expect(
            RestoreText.noteLines(report).contains {
                $0.contains("1 file not lost") && $0.contains("Run the restore again")
            })
    }

    @Test(
        arguments: [
            ([], 2, "safe", "Safe: can lose any 2 of 4 suppliers"),
            ([3], 1, "degraded", "Degraded: 3 of 4 suppliers answer, can lose any 1 of them"),
            ([3, 4], 0, "degraded", "Degraded: 2 of 4 suppliers answer, can lose none of them"),
            ([], 0, "at_risk", "At risk: can lose none of 4 suppliers"),
            (
                [1, 2, 3], -1, "lost",
                "LOST: 1 of 4 suppliers answer, too few for some blocks "
                    + "- `bitdust check` names the files"
            ),
            ([], nil, "empty", "Nothing is backed up yet"),
        ] as [(Set<UInt8>, Int?, String, String)])
    func `the status is one sentence`(
        failed: Set<UInt8>, losses: Int?, health: String, sentence: String
    ) {
        let status = Samples.status(failed: failed, losses: losses)
        #expect(status.health == health)
        #expect(status.sentence(style: .plain) == sentence)
        #expect(status.lines(style: .plain).first == sentence)
    }

    @Test func `the status has a line for each supplier`() {
        let lines = Samples.status(failed: [3], losses: 1).lines(style: .plain)
        #expect(
            Array(lines.suffix(4)) == [
                "  1  ok    563 MiB  225 fragments  /srv/1",
                "  2  ok    563 MiB  225 fragments  /srv/2",
                "  3  AWAY      0 B    0 fragments  /srv/3  - never seen, 2 h counted: not there",
                "  4  ok    563 MiB  225 fragments  /srv/4",
            ])
        #expect(lines.contains { $0.hasPrefix("last       3 h ago (") })
    }

    @Test func `a check ends with a verdict`() {
        func sentence(_ change: (inout CheckReport) -> Void) -> String {
            var report = CheckReport()
            report.blocksChecked = 10
            report.lossesTolerated = 2
            report.suppliers = (1...4).map { (Samples.supplier($0), 0, 0) }
            change(&report)
            return CheckText(report: report, hasReadData: true).sentence(style: .plain)
        }
        #expect(sentence { _ in } == "OK: every block is whole, can lose any 2 of 4 suppliers")
        #expect(sentence { $0.blocksChecked = 0 } == "Nothing is backed up yet")
        #expect(
            sentence {
                $0.fragmentsMissing = 3
                $0.fragmentsDamaged = 1
                $0.fragmentsRebuilt = 4
            } == "OK: every block is whole, 4 fragments rebuilt, can lose any 2 of 4 suppliers")
        #expect(
            sentence {
                $0.fragmentsMissing = 3
                $0.fragmentsRebuilt = 1
            } == "DEGRADED: 2 fragments missing or damaged, everything can be restored "
                + "- `bitdust check --repair` rebuilds them")
        #expect(
            sentence {
                $0.fragmentsMissing = 1
                $0.suppliers[2].state = Samples.supplier(3, failure: "not there")
            }.hasSuffix("bring the suppliers that are away back, then `bitdust check --repair`"))
        #expect(
            sentence {
                $0.blocksLost = [Samples.id(1)]
                $0.pathsLost = [(Samples.id(2), [0x61])]
            } == "LOST: 1 block and 1 file cannot be restored")
    }

    @Test func `whoever waits says for whom and until when`() {
        let until = Timestamp(nanoseconds: 1_798_761_600_000_000_000)
        let one = SupplierWait(suppliers: [Samples.supplier(2).record], until: until)
        let moment = localTimeText(nanoseconds: until.nanoseconds)
        #expect(
            WaitText.line(one)
                == "  waiting for /srv/2: no answer - until \(moment) at the latest, Ctrl-C stops")
        let six = SupplierWait(
            suppliers: (1...6).map { Samples.supplier($0).record }, until: until)
        #expect(
            WaitText.line(six).contains("for /srv/1, /srv/2, /srv/3, /srv/4 and 2 more: no answer"))
    }

    @Test func `a recovery says what it found`() {
        let report = RecoveryReport(
            identity: Samples.identity, suppliersAnswered: 3, suppliersNeeded: 2,
            suppliersTotal: 4, headSequence: 7, catalogByteCount: 41 << 20,
            snapshots: [(Samples.id(1), Samples.snapshot), (Samples.id(2), Samples.snapshot)])
        let lines = Recover.lines(report, durationNanoseconds: 6_000_000_000)
        #expect(lines[0] == "identity   alice (033a91c0), this device: laptop")
        #expect(
            lines[1]
                == "suppliers  3 of 4 answered (need 2)   catalog 41.0 MiB fetched, verified, 0:06")
        #expect(lines[2].hasPrefix("1 backup set: docs (2 snapshots, last 20"))
    }

    @Test func `snapshots are a table`() {
        let lines = SnapshotText.table([(Samples.id(0x7F), Samples.snapshot)])
        #expect(lines.count == 2)
        #expect(lines.last?.hasPrefix("7f3a91c0  20") == true)
        #expect(
            lines.last?.hasSuffix("docs  laptop  5 307  1.72 GiB  work  /home/alice/docs") == true)
        #expect(SnapshotText.table([]).isEmpty)
    }

    @Test(arguments: [
        ("/home/alice/docs/back", true), ("/home/alice/docs", false),
        ("/home/alice/docs-2", false), ("/home/alice", false), ("/home/alice/docs/", false),
    ])
    func `a target inside the source is noticed`(target: String, isInside: Bool) {
        let source = RestoreText.source(
            of: Samples.snapshot, holding: RawPath(Array(target.utf8)))
        #expect(source == (isInside ? Array("/home/alice/docs".utf8) : nil))
    }
}
