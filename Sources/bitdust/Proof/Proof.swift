internal import Model
internal import Pipelines

/// What a proof came to.
struct Verdict: Hashable, Sendable {
    let isGood: Bool
    let line: String
}

/// Backs up, destroys suppliers in the middle of the restore, restores, compares.
struct Proof {
    let context: CommandContext
    let scratch: Scratch
    let sources: [[UInt8]]

    /// Positions of the suppliers that go: of 2+2, one with data fragments and one with parity.
    private static let destroyed = [0, 2]
    private static var destroyedText: String {
        destroyed.map { "\($0 + 1)" }.joined(separator: " and ")
    }

    func perform() throws -> Verdict {
        let customer = try Customer.create(
            home: scratch.home, name: "try", deviceName: context.environment.deviceName,
            adapters: context.adapters)
        defer { customer.close() }
        let suppliers = try customer.useSuppliers(nil)
        let backup = try backUp(customer)
        let destruction = SupplierDestruction(
            directories: Proof.destroyed.map { Array(suppliers.records[$0].address.utf8) },
            bytesTotal: backup.snapshot.counts.bytesTotal)
        note("Restoring; suppliers \(Proof.destroyedText) are destroyed at a third of it")
        var target = scratch.path.appending("restored")
        var report = try restore(customer, backup, to: target) { destruction.watch($0) }
        let isMiddle = destruction.happenedInTheMiddle
        if !isMiddle {
            note("It was too short for that: once more, with them gone from the start")
            destruction.finish()
            target = scratch.path.appending("restored again")
            report = try restore(customer, backup, to: target) { _ in }
        }
        for line in RestoreText.noteLines(report) { note(line) }
        note("Comparing")
        return judge(backup, report, target: target, isMiddle: isMiddle)
    }

    private func backUp(_ customer: Customer) throws -> BackupReport {
        let first = sources.first.map { displayText($0) } ?? ""
        let rest = sources.count > 1 ? " and \(countText(sources.count - 1)) more" : ""
        note("Backing up \(first)\(rest)")
        let request = BackupRequest(paths: sources)
        let report = try context.transfer(BackupProgress(), output: .normal) {
            cancellation, progress in
            try customer.backup(request, cancellation: cancellation, progress: progress)
        }
        note("  " + BackupText.resultLine(report, style: context.console.errorStyle))
        return report
    }

    private func restore(
        _ customer: Customer, _ backup: BackupReport, to target: RawPath,
        watch: @escaping @Sendable (RestoreProgress) -> Void
    ) throws -> RestoreReport {
        let request = RestoreRequest(snapshot: .latest(setName: nil), target: target.bytes)
        let total = backup.snapshot.counts
        return try context.transfer(RestoreState(total: total), output: .normal) {
            cancellation, progress in
            try customer.restore(request, cancellation: cancellation) {
                watch($0)
                progress(RestoreState(total: total, progress: $0))
            }
        }
    }

    private func judge(
        _ backup: BackupReport, _ restore: RestoreReport, target: RawPath, isMiddle: Bool
    ) -> Verdict {
        var comparison = TreeComparison(leftOut: Set(backup.problems.map(\.path)))
        for (source, restored) in zip(sources, Proof.places(of: sources, in: target)) {
            comparison.compare(source, restored)
        }
        for line in comparison.differences { note("  " + line) }
        for problem in restore.problems {
            note("  \(displayText(problem.path)): \(problem.reason)")
        }
        let differenceCount = max(comparison.differences.count, restore.problems.count)
        return Proof.verdict(
            fileCount: comparison.fileCount, byteCount: comparison.byteCount,
            leftOutCount: comparison.leftOutCount, differenceCount: differenceCount,
            isMiddle: isMiddle)
    }

    static func verdict(
        fileCount: UInt64, byteCount: UInt64, leftOutCount: UInt64, differenceCount: Int,
        isMiddle: Bool
    ) -> Verdict {
        let gone =
            "with suppliers \(destroyedText) destroyed "
            + (isMiddle ? "during the restore" : "before the restore")
        guard differenceCount == 0 else {
            let count = countText(UInt64(differenceCount), "difference")
            return Verdict(isGood: false, line: "FAILED: \(count) \(gone)")
        }
        guard fileCount > 0 else {
            return Verdict(isGood: false, line: "FAILED: there was no file to compare")
        }
        let rest =
            leftOutCount == 0
            ? "" : " (\(countText(leftOutCount)) left out: unreadable, or only root restores them)"
        return Verdict(
            isGood: true,
            line: "OK: \(countText(fileCount, "file")), \(sizeText(byteCount)) identical \(gone)"
                + rest)
    }

    /// Where a restore puts each source: one folder's contents straight into the target, several
    /// each under its name, the second of a name with `-2` behind.
    static func places(of sources: [[UInt8]], in target: RawPath) -> [[UInt8]] {
        if sources.count == 1, Folder.isFolder(sources[0]) { return [target.bytes] }
        var taken: Set<[UInt8]> = []
        return sources.map { source in
            let last = Array(source.split(separator: UInt8(ascii: "/")).last ?? [])
            var (name, number) = (last, 2)
            while !taken.insert(name).inserted {
                name = last + Array("-\(number)".utf8)
                number += 1
            }
            return Folder.join(target.bytes, name)
        }
    }

    /// To standard error: standard output has the verdict alone.
    private func note(_ text: String) { context.console.message(text) }
}
