/// What an entry of a directory is. The raw values are part of the tree format.
package enum EntryKind: UInt8, Sendable, CaseIterable {
    case file = 1
    case directory = 2
    case symbolicLink = 3
    case fifo = 4
    case characterDevice = 5
    case blockDevice = 6
    case socket = 7
}

/// A point in time as a file system keeps it: seconds since 1970 and nanoseconds of the second.
package struct FileTime: Hashable, Comparable, Sendable {
    package let seconds: Int64
    /// 0 ..< 1 000 000 000.
    package let nanoseconds: UInt32

    package init(seconds: Int64, nanoseconds: UInt32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package static func < (left: FileTime, right: FileTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

/// One extended attribute; access control lists are attributes too (`system.posix_acl_access`).
package struct ExtendedAttribute: Hashable, Sendable {
    package let name: [UInt8]
    package let value: [UInt8]

    package init(name: [UInt8], value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// Names the chunks of a content. At depth 0 the ids are those of the content's chunks, in order;
/// at depth n they are those of list chunks, each the ids of depth n-1 one after the other.
package struct ContentReference: Hashable, Sendable {
    package let depth: UInt8
    package let ids: [ChunkID]

    package static let empty = ContentReference(depth: 0, ids: [])

    package init(depth: UInt8, ids: [ChunkID]) {
        self.depth = depth
        self.ids = ids
    }
}

/// One entry of a directory with all that is kept of it: docs/metadata.md.
package struct TreeEntry: Hashable, Sendable {
    /// Raw bytes: names need not be UTF-8.
    package var name: [UInt8]
    package var kind: EntryKind
    /// Permission bits with setuid, setgid and sticky: 12 bits.
    package var mode: UInt16
    package var userID: UInt32
    package var groupID: UInt32
    package var modified: FileTime
    /// Sorted by name.
    package var attributes: [ExtendedAttribute] = []
    /// The same for all names of one file that has several; `nil` when it has one.
    package var linkGroup: UInt64?
    /// The file had holes: pages of zeros are left out when it is restored.
    package var isSparse = false
    /// Bytes of the file or of the directory's tree object.
    package var size: UInt64 = 0
    /// The file's bytes, or the directory's tree object.
    package var content: ContentReference = .empty
    /// Of a symbolic link.
    package var linkTarget: [UInt8] = []
    /// Of a device: its number, as `makedev` packs it.
    package var deviceNumber: UInt64 = 0

    package init(
        name: [UInt8], kind: EntryKind, mode: UInt16, userID: UInt32, groupID: UInt32,
        modified: FileTime
    ) {
        self.name = name
        self.kind = kind
        self.mode = mode
        self.userID = userID
        self.groupID = groupID
        self.modified = modified
    }
}
