internal import FileTrees
internal import Model

/// Where the entry of a file goes once it is read.
enum EntryDestination: Sendable {
    case directory(DirectoryNode, index: Int)
    /// A file that was itself named on the command line.
    case root(index: Int)
}

/// A file that is new or changed, to be read.
struct FileJob: Sendable {
    let source: SourceDirectory
    let directoryPath: [UInt8]
    let destination: EntryDestination
    let scanned: ScannedEntry
    /// Not in the last backup; else it was, and has changed.
    let isNew: Bool

    var path: [UInt8] { joinPath(directoryPath, scanned.entry.name) }
    /// One chunk, whatever it holds.
    var isSmall: Bool { scanned.entry.size <= UInt64(Limits.chunkLengthMin) }
}

/// `directory/name`, without a second slash after the root.
func joinPath(_ directory: [UInt8], _ name: [UInt8]) -> [UInt8] {
    let slash = UInt8(ascii: "/")
    return directory.isEmpty
        ? name : directory.last == slash ? directory + name : directory + [slash] + name
}
