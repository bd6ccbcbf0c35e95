import Model
import Placement
import Testing

@testable import Pipelines
@testable import bitdust

/// Values of reports, made up.
enum Samples {
    static func id<Noun>(_ byte: UInt8) -> Identifier<Noun> {
        let bytes = [byte, 0x3A, 0x91, 0xC0] + [UInt8](repeating: byte, count: 28)
        guard let value = Bytes32(bytes) else { preconditionFailure("32 bytes are given") }
        return Identifier(value)
    }

    static var counts: SnapshotCounts {
        var counts = SnapshotCounts()
        counts.filesNew = 5307
        counts.directories = 311
        counts.bytesTotal = 1_846_835_937
        counts.bytesNew = 1_288_490_188
        counts.bytesCompressed = 1_181_116_006
        counts.bytesStored = 2_362_232_012
        return counts
    }

    static var snapshot: Snapshot {
        var snapshot = Snapshot(
            repository: id(1), device: id(2), taken: 1_798_761_600_000_000_000, setName: "docs",
            host: "laptop", user: "alice", program: "bitdust 0.1.0")
        snapshot.durationNanoseconds = 9_400_000_000
        snapshot.counts = counts
        snapshot.tags = ["work"]
        var entry = TreeEntry(
            name: Array("docs".utf8), kind: .directory, mode: 0o755, userID: 0, groupID: 0,
            modified: FileTime(seconds: 0, nanoseconds: 0))
        entry.size = 100
        snapshot.roots = [SnapshotRoot(path: Array("/home/alice/docs".utf8), entry: entry)]
        return snapshot
    }

    static func scheme(_ text: String) -> ErasureScheme {
        guard let scheme = ErasureScheme(text) else { preconditionFailure("\(text) is a scheme") }
        return scheme
    }

    static func backup(isDryRun: Bool = false) -> BackupReport {
        BackupReport(
            snapshotID: isDryRun ? nil : id(0x7F), snapshot: snapshot, scheme: scheme("2+2"),
            lossesTolerated: 2, suppliersTotal: 4)
    }

    static func supplier(_ number: UInt8, failure: String? = nil) -> SupplierState {
        SupplierState(
            standing: SupplierStanding(
                record: SupplierRecord(id: id(number), address: "/srv/\(number)"),
                failure: failure,
                away: failure.map { _ in Away(seen: 0, silence: 7_200_000_000_000) }),
            usedByteCount: failure == nil ? 590_348_288 : 0,
            fragmentCount: failure == nil ? 225 : 0)
    }

    static var identity: IdentitySummary {
        IdentitySummary(
            name: "alice", user: id(3), device: id(2), deviceName: "laptop", repository: id(1),
            isKeySaved: false, created: 1_798_761_600_000_000_000)
    }

    static func status(failed: Set<UInt8> = [], losses: Int?) -> StatusText {
        var report = StatusReport(user: id(3), userName: "alice", isKeySaved: true)
        report.suppliers = (1...4).map {
            supplier($0, failure: failed.contains($0) ? "not there" : nil)
        }
        report.lossesTolerated = losses
        if losses != nil { report.latest = (id(0x7F), snapshot) }
        report.snapshotCount = losses == nil ? 0 : 1
        return StatusText(
            report: report, identity: identity,
            now: Timestamp(nanoseconds: 1_798_761_600_000_000_000 + 3 * 3_600_000_000_000))
    }
}
