internal import CKernels
internal import Glibc
package import Model

/// A directory that a restore writes into.
///
/// Invariants:
/// 1. Every system call gets one component of a path and an open directory, and follows no
///    symbolic link, so nothing is written outside the target whatever names and links there are.
/// 2. A name is either what it was before or a whole file: files are written under a temporary
///    name and renamed when all bytes and metadata are there.
/// 3. A directory made here belongs to this user alone (0700) until ``finish(_:)``.
///
/// Thread rules: any thread.
package final class TargetDirectory: Sendable {
    let handle: DirectoryHandle
    /// Made by this restore, so nothing was in it before.
    package let isNew: Bool
    /// What is created in it inherits an access control list.
    let handsDownACL: Bool

    private init(_ handle: DirectoryHandle, isNew: Bool, handsDownACL: Bool) {
        self.handle = handle
        self.isNew = isNew
        self.handsDownACL = handsDownACL
    }

    /// Opens the root of a restore; only this path is followed through symbolic links.
    ///
    /// - Parameter create: makes it, and what is missing above it.
    /// - Throws: ``FileTreeError/notADirectory(path:)`` when the target is a file, or
    ///   ``FileTreeError/system(_:path:errno:)``.
    package static func open(
        path: [UInt8], create: Bool, openDirectoryCountMax: Int = Limits.openDirectoryCountMax
    ) throws(FileTreeError) -> TargetDirectory {
        do {
            return try existing(DirectoryHandle(root: path, openCountMax: openDirectoryCountMax))
        } catch FileTreeError.system(.open, _, ENOENT) where create {
            try makeAll(path)
            return try existing(DirectoryHandle(root: path, openCountMax: openDirectoryCountMax))
        } catch {
            throw error
        }
    }

    /// Makes every directory of the path; what cannot be made shows when the last one is opened.
    private static func makeAll(_ path: [UInt8]) throws(FileTreeError) {
        for end in path.indices.dropFirst() where path[end] == UInt8(ascii: "/") {
            _ = Array(path[..<end]).withTerminated { bd_make_root($0) }
        }
        let code = path.withTerminated { bd_make_root($0) }
        guard code == 0 || code == -EEXIST else {
            throw .system(.create, path: path, errno: -code)
        }
    }

    private static func existing(_ handle: DirectoryHandle) throws(FileTreeError) -> TargetDirectory
    {
        let descriptor = try handle.descriptor()
        let directory = TargetDirectory(
            handle, isNew: false, handsDownACL: MetadataWriter.handsDownACL(descriptor))
        try directory.removeLeftovers()
        return directory
    }

    package var path: [UInt8] { handle.path() }
    package var identity: FileIdentity { handle.identity }

    /// Makes a directory, or opens the one that is there; metadata comes with ``finish(_:)``.
    ///
    /// - Throws: ``FileTreeError/notADirectory(path:)`` when anything else has the name, symbolic
    ///   links to directories included; see ``remove(_:)``.
    package func makeDirectory(_ entry: TreeEntry) throws(FileTreeError) -> TargetDirectory {
        let name = entry.name
        let code = try handle.descriptor().with { bd_make_directory($0, name, name.count) }
        if code == 0 {
            let child = try DirectoryHandle(name, in: handle)
            if handsDownACL { try TargetDirectory.dropInheritedACL(child) }
            return TargetDirectory(child, isNew: true, handsDownACL: false)
        }
        guard code == -EEXIST else { throw handle.failure(.create, name, -code) }
        do {
            let child = try DirectoryHandle(name, in: handle)
            try TargetDirectory.makeWritable(child)
            return try TargetDirectory.existing(child)
        } catch FileTreeError.system(.open, _, EACCES) {
            try makeReadable(name)
            return try TargetDirectory.existing(DirectoryHandle(name, in: handle))
        } catch {
            throw error
        }
    }

    /// A new directory starts without the lists of its parent; its entry says what it gets.
    private static func dropInheritedACL(_ handle: DirectoryHandle) throws(FileTreeError) {
        let descriptor = try handle.descriptor()
        for name in ["system.posix_acl_default", "system.posix_acl_access"] {
            let code = descriptor.with { number in
                name.withCString { bd_remove_attribute(number, false, $0) }
            }
            guard code == 0 || code == -ENODATA else {
                throw .system(.create, path: handle.path(), errno: -code)
            }
        }
    }

    /// A directory that an interrupted restore had already finished may be read-only.
    private static func makeWritable(_ handle: DirectoryHandle) throws(FileTreeError) {
        let descriptor = try handle.descriptor()
        let status = try FileTreeError.check(.status, handle.path(), of: descriptor)
        guard status.mode & 0o700 != 0o700 else { return }
        // When it is another user's, creating files in it will say so.
        _ = descriptor.with { bd_set_mode($0, false, status.mode & 0o7777 | 0o700) }
    }

    private func makeReadable(_ name: [UInt8]) throws(FileTreeError) {
        let node = try openNode(name)
        var status = bd_file_status()
        guard node.with({ bd_status_of($0, &status) }) == 0,
            EntryKind(fileMode: status.mode) == .directory,
            node.with({ bd_set_mode($0, true, status.mode & 0o7777 | 0o700) }) == 0
        else { throw handle.failure(.open, name, EACCES) }
    }

    /// What has the name now; `nil` when nothing has.
    package func existing(_ name: [UInt8]) throws(FileTreeError) -> ScannedEntry? {
        try handle.entry(name)
    }

    /// Opens what is there for reading, to compare it before it is replaced.
    package func openFile(_ name: [UInt8]) throws(FileTreeError) -> SourceFile {
        try SourceFile(name, in: handle)
    }

    /// Starts a file, which gets its name when it is committed.
    package func beginFile(_ entry: TreeEntry) throws(FileTreeError) -> TargetFile {
        try TargetFile(entry, in: self)
    }

    /// Removes anything but a directory, so that a directory can take its place.
    package func remove(_ name: [UInt8]) throws(FileTreeError) {
        let code = try handle.descriptor().with { bd_remove($0, name, name.count) }
        guard code == 0 || code == -ENOENT else {
            throw -code == EISDIR
                ? .isADirectory(path: handle.path(of: name)) : handle.failure(.remove, name, -code)
        }
    }

    /// Gives the directory its own metadata; to be called when all that it holds is there.
    package func finish(_ entry: TreeEntry) throws(FileTreeError) -> [MetadataIssue] {
        let descriptor = try handle.descriptor()
        let status = try FileTreeError.check(.status, path, of: descriptor)
        let writer = MetadataWriter(descriptor: descriptor, isNode: false, isOld: !isNew)
        return writer.apply(entry, to: status)
    }

    /// Gives a file that was kept because its content is right the metadata of its entry.
    ///
    /// - Throws: ``FileTreeError/replaced(path:)`` when it is of another kind, or has further
    ///   names: those may be outside the target.
    package func repairMetadata(_ entry: TreeEntry) throws(FileTreeError) -> [MetadataIssue] {
        let node = try openNode(entry.name)
        let status = try FileTreeError.check(.status, handle.path(of: entry.name), of: node)
        guard EntryKind(fileMode: status.mode) == entry.kind, status.link_count == 1 else {
            throw .replaced(path: handle.path(of: entry.name))
        }
        let writer = MetadataWriter(descriptor: node, isNode: true, isOld: true)
        return writer.apply(entry, to: status)
    }

    /// Opens an entry of any kind by name only.
    func openNode(_ name: [UInt8]) throws(FileTreeError) -> Descriptor {
        let number = try handle.descriptor().with { bd_open_node($0, name, name.count) }
        guard number >= 0 else { throw handle.failure(.open, name, -number) }
        return Descriptor(number)
    }

    /// Waits until all that was written to this file system is on its disk.
    package func synchronize() throws(FileTreeError) {
        let code = try handle.descriptor().with { bd_synchronize($0) }
        guard code == 0 else { throw .system(.synchronize, path: path, errno: -code) }
    }

    /// Removes what a restore that was killed left under temporary names.
    private func removeLeftovers() throws(FileTreeError) {
        let descriptor = try handle.descriptor()
        let names: DirectoryNames
        do {
            names = try descriptor.with { (number) throws(Errno) in try DirectoryNames(number) }
        } catch {
            throw .system(.list, path: path, errno: error.code)
        }
        for offset in names.offsets {
            let name = names.name(at: offset)
            guard TemporaryName.matches(name) else { continue }
            descriptor.with {
                guard bd_is_abandoned($0, name.baseAddress, name.count) == 1 else { return }
                _ = bd_remove($0, name.baseAddress, name.count)
            }
        }
    }
}
