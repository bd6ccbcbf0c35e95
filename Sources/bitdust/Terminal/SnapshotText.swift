internal import Model

/// Snapshots as a table and as JSON.
enum SnapshotText {
    /// One line each under a heading; nothing when there are none.
    static func table(_ snapshots: [(id: SnapshotID, snapshot: Snapshot)]) -> [String] {
        guard !snapshots.isEmpty else { return [] }
        let heading = ["ID", "Time", "Set", "Host", "Files", "Size", "Tags", "Paths"]
        let rows = snapshots.map { id, snapshot in
            [
                id.short, localTimeText(nanoseconds: snapshot.taken), snapshot.setName,
                snapshot.host, countText(snapshot.counts.filesTotal),
                sizeText(snapshot.counts.bytesTotal), snapshot.tags.joined(separator: ","),
                snapshot.roots.map { displayText($0.path) }.joined(separator: ", "),
            ]
        }
        return aligned([heading] + rows, rightAligned: [4, 5])
    }

    /// One object of `restic snapshots --json`, with the name of the set; our trees have no id of
    /// their own, so `tree` is not there.
    static func message(_ id: SnapshotID, _ snapshot: Snapshot, kind: String? = nil) -> JSON {
        var fields: [JSONField] = []
        if let kind {
            fields += [JSONField("message_type", kind), JSONField("struct_type", kind)]
        }
        fields.append(JSONField("time", time: snapshot.taken))
        if let parent = snapshot.parent {
            fields.append(JSONField("parent", parent.description))
        }
        fields += JSONField.paths("paths", snapshot.roots.map(\.path))
        fields += [
            JSONField("hostname", snapshot.host), JSONField("username", snapshot.user),
            JSONField("tags", snapshot.tags.map { .text($0) }),
            JSONField("program_version", snapshot.program),
            JSONField("summary", summary(snapshot)), JSONField("set", snapshot.setName),
            JSONField("id", id.description), JSONField("short_id", id.short),
        ]
        return .object(fields)
    }

    private static func summary(_ snapshot: Snapshot) -> JSON {
        let counts = snapshot.counts
        let end = snapshot.taken.addingReportingOverflow(
            Int64(clamping: snapshot.durationNanoseconds)
        ).partialValue
        return .object([
            JSONField("backup_start", time: snapshot.taken), JSONField("backup_end", time: end),
            JSONField("files_new", counts.filesNew),
            JSONField("files_changed", counts.filesChanged),
            JSONField("files_unmodified", counts.filesSame),
            JSONField("files_skipped", counts.filesSkipped),
            JSONField("data_added", counts.bytesNew),
            JSONField("data_added_packed", counts.bytesCompressed),
            JSONField("total_files_processed", counts.filesTotal),
            JSONField("total_bytes_processed", counts.bytesTotal),
            JSONField("bytes_sent", counts.bytesStored),
        ])
    }

    /// Columns as wide as their widest cell.
    static func aligned(_ rows: [[String]], rightAligned: Set<Int> = []) -> [String] {
        let columnCount = rows.map(\.count).max() ?? 0
        let widths = (0..<columnCount).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                rightAligned.contains(column)
                    ? cell.rightAligned(widths[column]) : cell.leftAligned(widths[column])
            }.joined(separator: "  ").trimmedAtEnd
        }
    }
}
