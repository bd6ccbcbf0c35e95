internal import Glibc

/// What was being done when the system refused.
package enum FileOperation: String, Sendable {
    case open, list, status, read, write, create, rename, remove, link, synchronize
    case readLink = "read link"
    case readAttributes = "read attributes"
}

/// Everything that reading or writing a directory tree can fail with. Paths are raw bytes.
package enum FileTreeError: Error, Hashable, Sendable {
    case system(FileOperation, path: [UInt8], errno: Int32)
    /// A file or a symbolic link is where a directory is needed.
    case notADirectory(path: [UInt8])
    /// A directory is where something else is to be restored; it is never removed.
    case isADirectory(path: [UInt8])
    /// It was a file when its directory was scanned.
    case notAFile(path: [UInt8])
    /// Not one component of a path: empty, `.`, `..`, with `/` or NUL, above 255 bytes.
    case unsafeName([UInt8])
    /// The directory is another one than when it was first opened.
    case replaced(path: [UInt8])
    /// Two names of one directory are the same to this file system (letter case, Unicode form).
    case nameTaken(path: [UInt8])
    /// More than `Limits.treeDepthMax` levels.
    case tooDeep(path: [UInt8])
    /// More than `Limits.attributesLengthMax` bytes of attributes.
    case attributesTooLong(path: [UInt8])
    /// A write past the end of the entry: bytes `offset ..< offset + byteCount` of `size`.
    case outOfBounds(path: [UInt8], offset: UInt64, byteCount: Int, size: UInt64)
    /// Not every byte of the entry had been written when it was to be committed.
    case incomplete(path: [UInt8], have: UInt64, need: UInt64)

    /// Whether the same call may succeed a little later.
    package var isTransient: Bool {
        guard case .system(_, _, let errno) = self else { return false }
        return [EAGAIN, EINTR, EBUSY, EMFILE, ENFILE, ENOMEM, ESTALE, ETIMEDOUT].contains(errno)
    }

    /// Whether the entry is simply no longer there.
    package var isVanished: Bool {
        guard case .system(_, _, let errno) = self else { return false }
        return errno == ENOENT
    }

    /// Whether this user may not do it.
    package var isPermission: Bool {
        guard case .system(_, _, let errno) = self else { return false }
        return errno == EACCES || errno == EPERM
    }
}
