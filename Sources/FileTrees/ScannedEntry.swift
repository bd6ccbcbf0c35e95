internal import CKernels
internal import Glibc
package import Model

/// One entry as `fstatat` describes it.
package struct ScannedEntry: Hashable, Sendable {
    /// Without content, attributes and link target; `size` is that of files only.
    package var entry: TreeEntry
    /// The time of the last change of content or metadata; cannot be set, so it tells a change.
    package let changed: FileTime
    package let inode: UInt64
    package let device: UInt64
    package let linkCount: UInt64
    /// In units of 512 bytes.
    package let allocatedBlocks: UInt64

    package var identity: FileIdentity { FileIdentity(device: device, inode: inode) }

    /// `nil` when the kernel reports a kind that no tree has.
    init?(name: [UInt8], status: borrowing bd_file_status) {
        guard let kind = EntryKind(fileMode: status.mode) else { return nil }
        var entry = TreeEntry(
            name: name, kind: kind, mode: UInt16(status.mode & 0o7777), userID: status.user,
            groupID: status.group,
            modified: FileTime(
                seconds: status.modified_seconds, nanoseconds: status.modified_nanoseconds))
        switch kind {
        case .file:
            entry.size = status.size
            entry.isSparse = status.block_count &* 512 < status.size
            if status.link_count > 1 {
                entry.linkGroup = ScannedEntry.linkGroup(
                    device: status.device, inode: status.inode)
            }
        case .characterDevice, .blockDevice:
            entry.deviceNumber = status.special_device
        case .directory, .symbolicLink, .fifo, .socket:
            break
        }
        self.entry = entry
        changed = FileTime(
            seconds: status.changed_seconds, nanoseconds: status.changed_nanoseconds)
        inode = status.inode
        device = status.device
        linkCount = status.link_count
        allocatedBlocks = status.block_count
    }

    /// The inode, moved by a mix of the device: never equal for two files of one device, and the
    /// same in every scan.
    ///
    /// - SeeAlso: Steele, Lea, Flood, “Fast splittable pseudorandom number generators”, 2014.
    static func linkGroup(device: UInt64, inode: UInt64) -> UInt64 {
        var mixed = device &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return inode ^ mixed ^ (mixed >> 31)
    }
}

extension EntryKind {
    init?(fileMode: UInt32) {
        switch fileMode & UInt32(S_IFMT) {
        case UInt32(S_IFREG): self = .file
        case UInt32(S_IFDIR): self = .directory
        case UInt32(S_IFLNK): self = .symbolicLink
        case UInt32(S_IFIFO): self = .fifo
        case UInt32(S_IFCHR): self = .characterDevice
        case UInt32(S_IFBLK): self = .blockDevice
        case UInt32(S_IFSOCK): self = .socket
        default: return nil
        }
    }
}

/// An entry that is there but could not be examined.
package struct EntryProblem: Hashable, Sendable {
    package let name: [UInt8]
    package let error: FileTreeError
}

/// The entries of one directory, sorted by the raw bytes of their names.
package struct DirectoryListing: Sendable {
    package let entries: [ScannedEntry]
    package let problems: [EntryProblem]
}
