import FileTrees
import Glibc
import Model

/// A tree as a value: every entry below a root by its path, with content.
struct TreePicture: Equatable {
    struct Item: Equatable {
        var entry: TreeEntry
        var content: [UInt8]
    }

    private(set) var items: [[UInt8]: Item] = [:]

    /// Numbers link groups by the first path that has them, since inodes differ between trees.
    init(_ root: SourceDirectory) throws {
        var groups: [UInt64: UInt64] = [:]
        try add(root, below: [], &groups)
    }

    private mutating func add(
        _ directory: SourceDirectory, below path: [UInt8], _ groups: inout [UInt64: UInt64]
    ) throws {
        for scanned in try directory.scan().entries {
            let found = try directory.whole(scanned)
            var item = Item(entry: found, content: [])
            let path = path + [UInt8(ascii: "/")] + found.name
            if let group = found.linkGroup {
                item.entry.linkGroup = groups[group] ?? UInt64(groups.count)
                groups[group] = item.entry.linkGroup
            }
            if found.kind == .file {
                item.content = try directory.openFile(found.name).contents()
            } else if found.kind == .directory {
                try add(try directory.child(found.name), below: path, &groups)
            }
            items[path] = item
        }
    }
}

extension SourceDirectory {
    /// The entry with attributes and link target.
    func whole(_ scanned: ScannedEntry) throws -> TreeEntry {
        var entry = scanned.entry
        entry.attributes = try attributes(of: entry.name, kind: entry.kind)
        if entry.kind == .symbolicLink { entry.linkTarget = try linkTarget(of: entry.name) }
        return entry
    }
}

/// Restores all entries of one tree into another, as a restore does.
struct TreeCopy {
    var issues: [MetadataIssue] = []
    private var linked: [UInt64: (directory: TargetDirectory, name: [UInt8])] = [:]

    mutating func copy(_ source: SourceDirectory, to target: TargetDirectory) throws {
        for scanned in try source.scan().entries {
            let entry = try source.whole(scanned)
            switch entry.kind {
            case .directory:
                let directory = try target.makeDirectory(entry)
                try copy(try source.child(entry.name), to: directory)
                issues += try directory.finish(entry)
            case .file:
                try copyFile(entry, source, target)
            case .symbolicLink:
                issues += try target.makeSymbolicLink(entry)
            case .fifo:
                issues += try target.makeFifo(entry)
            case .characterDevice, .blockDevice, .socket:
                issues += try target.makeSpecial(entry)
            }
        }
    }

    private mutating func copyFile(
        _ entry: TreeEntry, _ source: SourceDirectory, _ target: TargetDirectory
    ) throws {
        if let group = entry.linkGroup {
            if let first = linked[group] {
                return try target.makeHardLink(entry.name, to: first)
            }
            linked[group] = (target, entry.name)
        }
        let file = try target.beginFile(entry)
        try file.put(try source.openFile(entry.name).contents())
        issues += try file.commit()
    }
}
