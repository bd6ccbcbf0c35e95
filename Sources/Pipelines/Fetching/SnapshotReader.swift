internal import Model

/// Walks the trees of a snapshot.
///
/// Paths inside a snapshot: with one root they start below it, as `photos/2026`; with several, the
/// first component is the name of the root. The absolute path a file had on the machine works too.
struct SnapshotReader: Sendable {
    let snapshot: Snapshot
    let contents: ContentReader

    /// The tree that a restore writes into its target: the root itself when there is one directory,
    /// else one entry for each root.
    enum Top {
        case directory(TreeEntry)
        case entries([TreeEntry])
    }

    var top: Top {
        if snapshot.roots.count == 1, snapshot.roots[0].entry.kind == .directory {
            return .directory(snapshot.roots[0].entry)
        }
        return .entries(SnapshotReader.named(snapshot.roots))
    }

    func topEntries() throws -> [TreeEntry] {
        switch top {
        case .directory(let entry): try contents.tree(of: entry).entries
        case .entries(let entries): entries
        }
    }

    /// A path as its components below ``top``.
    func components(of path: [UInt8]) -> [[UInt8]] {
        let slash = UInt8(ascii: "/")
        if path.first == slash {
            for root in snapshot.roots {
                let prefix = root.path.last == slash ? root.path : root.path + [slash]
                guard path == root.path || path.starts(with: prefix) else { continue }
                let below = path.dropFirst(root.path.count).split(separator: slash).map(Array.init)
                if case .directory = top { return below }
                let names = SnapshotReader.named(snapshot.roots).map(\.name)
                let index = snapshot.roots.firstIndex(of: root) ?? 0
                return [names[index]] + below
            }
        }
        return path.split(separator: slash).map { Array($0) }.filter { $0 != [UInt8(ascii: ".")] }
    }

    /// The entry at a path; `nil` for ``top`` itself.
    func entry(at path: [UInt8]) throws -> TreeEntry? {
        var found: TreeEntry?
        var entries = try topEntries()
        for (depth, name) in components(of: path).enumerated() {
            if depth > 0 {
                guard let directory = found, directory.kind == .directory else {
                    throw FetchError.noSuchPath(path)
                }
                entries = try contents.tree(of: directory).entries
            }
            guard let next = entries.first(where: { $0.name == name }) else {
                throw FetchError.noSuchPath(path)
            }
            found = next
        }
        return found
    }

    /// Roots of the same name are told apart by a number.
    private static func named(_ roots: [SnapshotRoot]) -> [TreeEntry] {
        var taken: Set<[UInt8]> = []
        return roots.map { root in
            var entry = root.entry
            var number = 2
            while !taken.insert(entry.name).inserted {
                entry.name = root.entry.name + Array("-\(number)".utf8)
                number += 1
            }
            return entry
        }
    }
}
