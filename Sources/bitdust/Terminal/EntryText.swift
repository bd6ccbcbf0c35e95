internal import Model

/// Entries of a snapshot as `ls` shows them.
enum EntryText {
    /// Mode, owner, size, time and raw path, as in `ls -l`.
    static func longLine(_ path: [UInt8], _ entry: TreeEntry) -> [UInt8] {
        let size = entry.kind == .file ? entry.size : 0
        let columns = [
            permissions(entry), "\(entry.userID)".rightAligned(5),
            "\(entry.groupID)".rightAligned(5), "\(size)".rightAligned(12),
            localTimeText(seconds: entry.modified.seconds, withSeconds: true), "",
        ]
        let arrow = entry.kind == .symbolicLink ? Array(" -> ".utf8) + entry.linkTarget : []
        return Array(columns.joined(separator: " ").utf8) + path + arrow
    }

    /// One `node` of `restic ls --json`. Devices have their number, links their target, and there
    /// is no `atime` or `ctime`, which we do not keep.
    static func message(_ path: [UInt8], _ entry: TreeEntry) -> JSON {
        var fields = [JSONField("message_type", "node"), JSONField("struct_type", "node")]
        fields += JSONField.path("name", entry.name)
        fields.append(JSONField("type", type(entry.kind)))
        fields += JSONField.path("path", path)
        fields += [
            JSONField("uid", UInt64(entry.userID)), JSONField("gid", UInt64(entry.groupID)),
        ]
        if entry.kind == .file { fields.append(JSONField("size", entry.size)) }
        fields += [
            JSONField("mode", goMode(entry)), JSONField("permissions", permissions(entry)),
            JSONField("mtime", dateText(entry.modified)),
        ]
        if entry.kind == .symbolicLink {
            fields += JSONField.path("linktarget", entry.linkTarget)
        }
        if entry.kind == .characterDevice || entry.kind == .blockDevice {
            fields.append(JSONField("device", entry.deviceNumber))
        }
        if let group = entry.linkGroup { fields.append(JSONField("link_group", group)) }
        if entry.isSparse { fields.append(JSONField("sparse", true)) }
        return .object(fields)
    }

    /// restic's words for kinds.
    private static func type(_ kind: EntryKind) -> String {
        switch kind {
        case .file: "file"
        case .directory: "dir"
        case .symbolicLink: "symlink"
        case .fifo: "fifo"
        case .characterDevice: "chardev"
        case .blockDevice: "dev"
        case .socket: "socket"
        }
    }

    /// `-rwxr-sr-t`, as ls writes it.
    static func permissions(_ entry: TreeEntry) -> String {
        let kinds: [EntryKind: Character] = [
            .file: "-", .directory: "d", .symbolicLink: "l", .fifo: "p", .characterDevice: "c",
            .blockDevice: "b", .socket: "s",
        ]
        var text = String(kinds[entry.kind] ?? "?")
        let specials: [(bit: UInt16, set: String, alone: String)] = [
            (0o4000, "s", "S"), (0o2000, "s", "S"), (0o1000, "t", "T"),
        ]
        for (index, special) in specials.enumerated() {
            let bits = entry.mode >> UInt16(6 - 3 * index)
            text += bits & 4 != 0 ? "r" : "-"
            text += bits & 2 != 0 ? "w" : "-"
            let runs = bits & 1 != 0
            if entry.mode & special.bit != 0 {
                text += runs ? special.set : special.alone
            } else {
                text += runs ? "x" : "-"
            }
        }
        return text
    }

    /// The mode as Go's `os.FileMode`, which restic prints.
    static func goMode(_ entry: TreeEntry) -> UInt64 {
        let kinds: [EntryKind: UInt64] = [
            .directory: 1 << 31, .symbolicLink: 1 << 27, .blockDevice: 1 << 26, .fifo: 1 << 25,
            .socket: 1 << 24, .characterDevice: 1 << 26 | 1 << 21,
        ]
        var mode = UInt64(entry.mode & 0o777) | (kinds[entry.kind] ?? 0)
        if entry.mode & 0o4000 != 0 { mode |= 1 << 23 }
        if entry.mode & 0o2000 != 0 { mode |= 1 << 22 }
        if entry.mode & 0o1000 != 0 { mode |= 1 << 20 }
        return mode
    }
}
