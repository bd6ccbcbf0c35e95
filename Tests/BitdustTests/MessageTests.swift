import Foundation
import Model
import Testing

@testable import Pipelines
@testable import bitdust

/// Our JSON lines against the names that restic prints: restic's manual, page “Scripting”.
@Suite struct MessageTests {
    private func object(_ json: JSON) throws -> [String: Any] {
        let data = Data(json.line.utf8)
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func expect(_ names: String, in json: JSON) throws {
        let object = try object(json)
        for name in names.split(separator: " ") {
            #expect(object[String(name)] != nil, "\(name) is missing in \(json.line)")
        }
    }

    private var progress: BackupProgress {
        var progress = BackupProgress()
        progress.bytesDone = 10
        progress.bytesTotal = 40
        progress.isTotalKnown = true
        progress.currentFiles = [Array("/a".utf8)]
        return progress
    }

    @Test func `the status of a backup has the fields of restic and ours`() throws {
        let message = progress.message(pace: Pace(elapsed: 3_900_000_000, bytesPerSecond: 10))
        try expect(
            "message_type seconds_elapsed seconds_remaining percent_done total_files files_done "
                + "total_bytes bytes_done error_count current_files", in: message)
        try expect(
            "suppliers_online suppliers_needed fragments_acked fragments_total bytes_sent",
            in: message)
        let object = try object(message)
        #expect(object["message_type"] as? String == "status")
        #expect(object["percent_done"] as? Double == 0.25)
        #expect(object["seconds_elapsed"] as? Int == 3)
        #expect(object["seconds_remaining"] as? Int == 3)
        #expect(object["current_files"] as? [String] == ["/a"])
    }

    @Test func `the summary of a backup has the fields of restic and ours`() throws {
        let message = BackupMessages.summary(Samples.backup())
        try expect(
            "message_type files_new files_changed files_unmodified data_added data_added_packed "
                + "total_files_processed total_bytes_processed backup_start backup_end "
                + "total_duration snapshot_id", in: message)
        try expect("bytes_sent health scheme losses_tolerated suppliers_total", in: message)
        let object = try object(message)
        #expect(object["message_type"] as? String == "summary")
        #expect(object["snapshot_id"] as? String == Samples.backup().snapshotID?.description)
        #expect(object["backup_start"] as? String == "2027-01-01T00:00:00Z")
        #expect(object["backup_end"] as? String == "2027-01-01T00:00:09.400000000Z")
        #expect(object["total_duration"] as? Double == 9.4)
        #expect(object["files_new"] as? Int == 5307)
        #expect(object["health"] as? String == "healthy")
    }

    @Test func `a dry run has no snapshot id`() throws {
        let object = try object(BackupMessages.summary(Samples.backup(isDryRun: true)))
        #expect(object["snapshot_id"] == nil)
        #expect(object["dry_run"] as? Bool == true)
    }

    @Test func `status and summary of a restore have the fields of restic and ours`() throws {
        var progress = RestoreProgress()
        progress.filesDone = 5
        progress.filesSame = 2
        let state = RestoreState(total: Samples.counts, progress: progress)
        let names = "message_type seconds_elapsed total_files files_restored files_skipped "
        let status = state.message(pace: Pace())
        try expect(
            names + "files_deleted total_bytes bytes_restored percent_done suppliers_online",
            in: status)
        #expect(try object(status)["files_restored"] as? Int == 3)
        var report = RestoreReport(snapshotID: Samples.id(0x7F))
        report.filesRestored = 3
        report.filesSame = 2
        report.filesKept = 1
        let summary = RestoreText.summary(report, isDryRun: false)
        try expect(
            names + "files_deleted bytes_restored fragments_healed "
                + "fragments_unanswered files_away", in: summary)
        #expect(try object(summary)["files_skipped"] as? Int == 3)
        #expect(try object(summary)["total_files"] as? Int == 6)
    }

    @Test func `whom a command waits for is a message of its own`() throws {
        let wait = SupplierWait(
            suppliers: [Samples.supplier(2).record], until: Timestamp(nanoseconds: 0))
        let object = try object(WaitText.message(wait))
        #expect(object["message_type"] as? String == "waiting")
        #expect(object["suppliers"] as? [String] == [Samples.supplier(2).record.id.description])
        #expect((object["until"] as? String)?.isEmpty == false)
    }

    @Test func `an error names the item, what was done and why`() throws {
        let problem = SourceProblem(path: Array("/a".utf8), reason: "Permission denied")
        let object = try object(BackupMessages.error(problem, during: "archival"))
        #expect(object["message_type"] as? String == "error")
        #expect((object["error"] as? [String: String])?["message"] == "Permission denied")
        #expect(object["during"] as? String == "archival")
        #expect(object["item"] as? String == "/a")
    }

    @Test func `a snapshot has the fields of restic's list`() throws {
        let message = SnapshotText.message(Samples.id(0x7F), Samples.snapshot)
        try expect(
            "time paths hostname username tags program_version summary id short_id set", in: message
        )
        #expect(try object(message)["short_id"] as? String == "7f3a91c0")
    }

    @Test func `an entry has the fields and the mode of restic's list`() throws {
        var entry = TreeEntry(
            name: [0x61, 0xFF], kind: .directory, mode: 0o755, userID: 0, groupID: 0,
            modified: FileTime(seconds: 0, nanoseconds: 5))
        let message = EntryText.message([0x2F, 0x61, 0xFF], entry)
        try expect(
            "struct_type name name_b64 type path path_b64 uid gid mode permissions mtime",
            in: message)
        let directory = try object(message)
        #expect(directory["mode"] as? Int == 2_147_484_141)
        #expect(directory["permissions"] as? String == "drwxr-xr-x")
        #expect(directory["path_b64"] as? String == "L2H/")
        #expect(directory["path"] as? String == "/a\u{FFFD}")
        entry.kind = .fifo
        entry.mode = 0o644
        #expect(try object(EntryText.message([], entry))["mode"] as? Int == 33_554_852)
        entry.kind = .symbolicLink
        entry.mode = 0o777
        entry.linkTarget = Array("x".utf8)
        let link = try object(EntryText.message([], entry))
        #expect(link["mode"] as? Int == 134_218_239)
        #expect(link["linktarget"] as? String == "x")
    }

    @Test(
        arguments: [
            (0o4755, "-rwsr-xr-x"), (0o4644, "-rwSr--r--"), (0o2750, "-rwxr-s---"),
            (0o1777, "-rwxrwxrwt"), (0o1666, "-rw-rw-rwT"), (0, "----------"),
        ] as [(UInt16, String)])
    func `permissions read as in ls`(mode: UInt16, text: String) {
        let entry = TreeEntry(
            name: [], kind: .file, mode: mode, userID: 0, groupID: 0,
            modified: FileTime(seconds: 0, nanoseconds: 0))
        #expect(EntryText.permissions(entry) == text)
    }

    @Test func `status, check and their parts are JSON`() throws {
        let status = try object(Samples.status(failed: [2], losses: 1).message)
        #expect(status["health"] as? String == "degraded")
        #expect((status["suppliers"] as? [Any])?.count == 4)
        #expect(status["losses_tolerated"] as? Int == 1)
        var report = CheckReport()
        report.pathsLost = [(Samples.id(0x7F), [0xFF])]
        report.blocksLost = [Samples.id(1)]
        let check = try object(CheckText(report: report, hasReadData: true).message)
        #expect(check["health"] as? String == "lost")
        #expect((check["files_lost"] as? [[String: Any]])?.first?["path_b64"] as? String == "/w==")
    }

    @Test func `any text is quoted so that it comes back`() throws {
        let scalars = (0...0x2FF).compactMap { Unicode.Scalar($0) } + ["\u{1F600}", "\u{2028}"]
        let text = String(String.UnicodeScalarView(scalars))
        let object = try object(.object([JSONField("text", text)]))
        #expect(object["text"] as? String == text)
        #expect(JSON.number(.nan).line == "null")
        #expect(
            JSON.array([.bool(true), .integer(-1), .unsigned(.max)]).line
                == "[true,-1,18446744073709551615]")
    }

    @Test func `base64 is that of Foundation for every length`() {
        for length in 0...65 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 37 + 200) }
            #expect(base64Text(bytes) == Data(bytes).base64EncodedString())
        }
    }
}
