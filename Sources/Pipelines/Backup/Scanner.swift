internal import FileTrees
internal import Glibc
internal import Model

/// Walks the sources and tells what is new, changed and the same; hands on what must be read.
///
/// One thread walks, depth first, one `lstat` for each entry: a file whose size, times, inode and
/// kind are those of the last backup is not opened. The walk keeps an explicit stack, so a deep
/// tree costs memory for its depth and no recursion.
struct Scanner {
    /// A directory that is being walked.
    fileprivate struct Level {
        let node: DirectoryNode
        let entries: [ScannedEntry]
        let relativePath: [UInt8]
        var next = 0
        var previousNext = 0
    }

    let collector: DirectoryCollector
    let queue: BoundedQueue<FileJob>
    let tally: Tally
    let problems: ProblemList
    let excludes: ExcludeRules
    /// Directories of this program itself, which it does not back up.
    let ownDirectories: Set<FileIdentity>
    let cancellation: Cancellation

    /// Walks one path; its entry reaches the collector when all below it is there.
    func scan(root path: [UInt8], index: Int) throws {
        let (directoryPath, name) = SourcePath.split(path)
        let parent = try SourceDirectory.open(path: directoryPath)
        guard let scanned = try parent.entry(name) else {
            throw FileTreeError.system(.status, path: path, errno: ENOENT)
        }
        var root = scanned
        root.entry.name = name == [UInt8(ascii: ".")] ? Array("root".utf8) : name
        guard scanned.entry.kind == .directory else {
            try scanSingle(root, name: name, in: parent, path: directoryPath, index: index)
            return
        }
        let source = try SourceDirectory.open(path: path)
        root.entry.attributes = attributes(
            of: root, previous: nil, path: path
        ) { try source.attributes() }
        let level = try open(
            source, entry: root, path: path, relativePath: [], parent: .root(index: index))
        try walk(level)
    }

    /// A path that is no directory.
    private func scanSingle(
        _ scanned: ScannedEntry, name: [UInt8], in parent: SourceDirectory, path: [UInt8],
        index: Int
    ) throws {
        guard scanned.entry.kind == .file else {
            let entry = try special(
                scanned, in: parent, previous: nil, path: joinPath(path, name))
            collector.settleRoot(index, entry)
            return
        }
        tally.update {
            $0.filesTotal += 1
            $0.bytesTotal += scanned.entry.size
            $0.counts.filesNew += 1
        }
        let job = FileJob(
            source: parent, directoryPath: path, destination: .root(index: index),
            scanned: scanned, isNew: true)
        guard queue.put(job) else { throw CancelledError() }
    }

    private func walk(_ first: Level) throws {
        var stack = [first]
        while var level = stack.popLast() {
            try cancellation.check()
            guard level.next < level.entries.count else {
                try collector.scanned(level.node)
                continue
            }
            let index = level.next
            level.next += 1
            let previous = level.takePrevious(named: level.entries[index].entry.name)
            stack.append(level)
            if let child = try visit(level, index, previous: previous, ancestors: stack) {
                stack.append(child)
            }
        }
    }

    /// Settles or hands on one entry.
    ///
    /// - Returns: the level to walk next when the entry is a directory.
    private func visit(
        _ level: Level, _ index: Int, previous: (entry: TreeEntry, stamp: SeenStamp)?,
        ancestors: [Level]
    ) throws -> Level? {
        let scanned = level.entries[index]
        let name = scanned.entry.name
        let relative = joinPath(level.relativePath, name)
        let isDirectory = scanned.entry.kind == .directory
        if excludes.excludes(relative, isDirectory: isDirectory) {
            try collector.settle(level.node, index, nil)
            return nil
        }
        switch scanned.entry.kind {
        case .directory:
            return try descend(
                level, index, scanned, previous: previous, relativePath: relative,
                ancestors: ancestors)
        case .file:
            try visitFile(level, index, scanned, previous: previous)
        default:
            let entry = try special(
                scanned, in: level.node.source, previous: previous,
                path: joinPath(level.node.path, name))
            try collector.settle(level.node, index, entry)
        }
        return nil
    }

    private func visitFile(
        _ level: Level, _ index: Int, _ scanned: ScannedEntry,
        previous: (entry: TreeEntry, stamp: SeenStamp)?
    ) throws {
        let size = scanned.entry.size
        let isSame = previous.map { scanned.isUnchanged(since: $0.entry, stamp: $0.stamp) } ?? false
        tally.update {
            $0.filesTotal += 1
            $0.bytesTotal += size
            if isSame {
                $0.filesDone += 1
                $0.bytesDone += size
                $0.counts.filesSame += 1
                $0.counts.bytesTotal += size
            } else if previous == nil {
                $0.counts.filesNew += 1
            } else {
                $0.counts.filesChanged += 1
            }
        }
        if isSame, let previous {
            try collector.settle(level.node, index, previous.entry)
            return
        }
        let job = FileJob(
            source: level.node.source, directoryPath: level.node.path,
            destination: .directory(level.node, index: index), scanned: scanned,
            isNew: previous == nil)
        guard queue.put(job) else { throw CancelledError() }
    }

    private func descend(
        _ level: Level, _ index: Int, _ scanned: ScannedEntry,
        previous: (entry: TreeEntry, stamp: SeenStamp)?, relativePath: [UInt8],
        ancestors: [Level]
    ) throws -> Level? {
        let path = joinPath(level.node.path, scanned.entry.name)
        if ownDirectories.contains(scanned.identity) {
            try collector.settle(level.node, index, nil)
            return nil
        }
        guard !ancestors.contains(where: { $0.node.source.identity == scanned.identity }),
            ancestors.count < Limits.treeDepthMax
        else {
            problems.add(path, "a directory inside itself (a mount that forms a loop)")
            try collector.settle(level.node, index, nil)
            return nil
        }
        do {
            let source = try level.node.source.child(scanned.entry.name)
            var child = scanned
            child.entry.attributes = attributes(of: scanned, previous: previous, path: path) {
                try source.attributes()
            }
            return try open(
                source, entry: child, path: path, relativePath: relativePath,
                parent: .directory(level.node, index: index))
        } catch let error as FileTreeError {
            problems.add(path, error.reason)
            try collector.settle(level.node, index, nil)
            return nil
        }
    }

    private func open(
        _ source: SourceDirectory, entry: ScannedEntry, path: [UInt8], relativePath: [UInt8],
        parent: DirectoryNode.Parent
    ) throws -> Level {
        let listing = try source.scan()
        for problem in listing.problems {
            problems.add(joinPath(path, problem.name), problem.error.reason)
        }
        var own = entry.entry
        own.size = 0
        let node = DirectoryNode(
            path: path, source: source, parent: parent, entry: own,
            previous: try collector.previous(path: path), stamps: listing.entries.map(\.stamp))
        return Level(node: node, entries: listing.entries, relativePath: relativePath)
    }

    /// Symbolic links, fifos, devices and sockets: all there is to them is in the entry.
    private func special(
        _ scanned: ScannedEntry, in source: SourceDirectory,
        previous: (entry: TreeEntry, stamp: SeenStamp)?, path: [UInt8]
    ) throws -> TreeEntry? {
        if let previous, scanned.isUnchanged(since: previous.entry, stamp: previous.stamp) {
            return previous.entry
        }
        var entry = scanned.entry
        do {
            if entry.kind == .symbolicLink {
                entry.linkTarget = try source.linkTarget(of: entry.name)
            }
        } catch {
            problems.add(path, error.reason)
            return nil
        }
        entry.attributes = attributes(of: scanned, previous: nil, path: path) {
            try source.attributes(of: entry.name, kind: entry.kind)
        }
        return entry
    }

    /// The attributes of an entry, from the last backup when its change time has not moved.
    private func attributes(
        of scanned: ScannedEntry, previous: (entry: TreeEntry, stamp: SeenStamp)?, path: [UInt8],
        read: () throws -> [ExtendedAttribute]
    ) -> [ExtendedAttribute] {
        if let previous, previous.stamp == scanned.stamp { return previous.entry.attributes }
        do {
            return try read()
        } catch {
            problems.add(path, "its extended attributes cannot be read: \(error)")
            return []
        }
    }
}

extension Scanner.Level {
    /// The entry of that name in the last backup; names come in ascending order on both sides.
    fileprivate mutating func takePrevious(
        named name: [UInt8]
    ) -> (entry: TreeEntry, stamp: SeenStamp)? {
        guard let previous = node.previous else { return nil }
        let entries = previous.tree.entries
        while previousNext < entries.count,
            entries[previousNext].name.lexicographicallyPrecedes(name)
        {
            previousNext += 1
        }
        guard previousNext < entries.count, entries[previousNext].name == name else { return nil }
        return (entries[previousNext], previous.stamps[previousNext])
    }
}

extension ScannedEntry {
    var stamp: SeenStamp { SeenStamp(changed: changed, inode: inode) }

    func isUnchanged(since previous: TreeEntry, stamp: SeenStamp) -> Bool {
        stamp == self.stamp && previous.kind == entry.kind && previous.modified == entry.modified
            && (entry.kind != .file || previous.size == entry.size)
            && previous.mode == entry.mode
    }
}
