internal import CKernels
internal import Glibc
package import Model
internal import Synchronization

/// A directory that is read for a backup.
///
/// Thread rules: any thread. Two scans of one directory run one after the other, because they
/// share the position of its descriptor.
package final class SourceDirectory: Sendable {
    private let handle: DirectoryHandle
    private let scanning = Mutex<Void>(())

    private init(_ handle: DirectoryHandle) {
        self.handle = handle
    }

    /// Opens the root of a tree; only this path is followed through symbolic links.
    ///
    /// - Throws: ``FileTreeError/notADirectory(path:)`` or ``FileTreeError/system(_:path:errno:)``.
    package static func open(
        path: [UInt8], openDirectoryCountMax: Int = Limits.openDirectoryCountMax
    ) throws(FileTreeError) -> SourceDirectory {
        SourceDirectory(try DirectoryHandle(root: path, openCountMax: openDirectoryCountMax))
    }

    /// Opens a directory in this one; a symbolic link is ``FileTreeError/notADirectory(path:)``.
    package func child(_ name: [UInt8]) throws(FileTreeError) -> SourceDirectory {
        SourceDirectory(try DirectoryHandle(name, in: handle))
    }

    package var path: [UInt8] { handle.path() }
    package var identity: FileIdentity { handle.identity }
    /// Levels below the root.
    package var depth: Int { handle.depth }
    /// Whether this directory is also one of its own ancestors, as bind mounts make possible.
    package var isLoop: Bool { handle.isLoop }

    /// All entries, each with one `fstatat`.
    ///
    /// Entries that vanish before they are examined are left out; others that cannot be examined
    /// are listed as problems.
    package func scan() throws(FileTreeError) -> DirectoryListing {
        let descriptor = try handle.descriptor()
        return try scanning.withLock { (_) throws(FileTreeError) -> DirectoryListing in
            try list(descriptor)
        }
    }

    private func list(_ descriptor: Descriptor) throws(FileTreeError) -> DirectoryListing {
        let names: DirectoryNames
        do {
            names = try descriptor.with { (number) throws(Errno) in try DirectoryNames(number) }
        } catch {
            throw .system(.list, path: path, errno: error.code)
        }
        var entries: [ScannedEntry] = []
        var problems: [EntryProblem] = []
        entries.reserveCapacity(names.offsets.count)
        var status = bd_file_status()
        for offset in names.offsets {
            let bytes = names.name(at: offset)
            let code = descriptor.with {
                bd_status_at($0, bytes.baseAddress, bytes.count, &status)
            }
            if code == 0, let entry = ScannedEntry(name: [UInt8](bytes), status: status) {
                entries.append(entry)
            } else if code != -ENOENT {
                let name = [UInt8](bytes)
                let error = handle.failure(.status, name, code == 0 ? EINVAL : -code)
                problems.append(EntryProblem(name: name, error: error))
            }
        }
        return DirectoryListing(entries: entries, problems: problems)
    }

    /// One entry by its name; `nil` when there is none.
    package func entry(_ name: [UInt8]) throws(FileTreeError) -> ScannedEntry? {
        try handle.entry(name)
    }

    /// The directory itself, under the name it is to have in the tree above.
    package func status(as name: [UInt8]) throws(FileTreeError) -> ScannedEntry {
        let status = try FileTreeError.check(.status, path, of: handle.descriptor())
        guard let entry = ScannedEntry(name: name, status: status) else {
            throw .notADirectory(path: path)
        }
        return entry
    }

    /// The directory's own extended attributes, sorted by name.
    package func attributes() throws(FileTreeError) -> [ExtendedAttribute] {
        try AttributeReader(descriptor: handle.descriptor(), isNode: false).read { path }
    }

    /// Opens a file for reading: never through a link, never blocking on a fifo.
    ///
    /// - Throws: ``FileTreeError/notAFile(path:)`` when it is no longer one.
    package func openFile(_ name: [UInt8]) throws(FileTreeError) -> SourceFile {
        try SourceFile(name, in: handle)
    }

    /// What a symbolic link says, at most `Limits.linkTargetLengthMax` bytes.
    package func linkTarget(of name: [UInt8]) throws(FileTreeError) -> [UInt8] {
        let descriptor = try handle.descriptor()
        var code = 0
        let target = [UInt8](unsafeUninitializedCapacity: Limits.linkTargetLengthMax) {
            buffer, count in
            code = descriptor.with {
                bd_read_link($0, name, name.count, buffer.baseAddress, buffer.count)
            }
            count = max(0, code)
        }
        guard code >= 0 else { throw handle.failure(.readLink, name, Int32(-code)) }
        // A copy gives back the room that the longest target would need.
        return Array(target[...])
    }

    /// The extended attributes of an entry, sorted by name.
    ///
    /// Files and directories are opened; whatever else there is, is only named.
    package func attributes(
        of name: [UInt8], kind: EntryKind
    ) throws(FileTreeError) -> [ExtendedAttribute] {
        switch kind {
        case .file:
            return try openFile(name).attributes()
        case .directory:
            return try child(name).attributes()
        case .symbolicLink, .fifo, .characterDevice, .blockDevice, .socket:
            let number = try handle.descriptor().with { bd_open_node($0, name, name.count) }
            guard number >= 0 else { throw handle.failure(.open, name, -number) }
            let node = Descriptor(number)
            return try AttributeReader(descriptor: node, isNode: true).read {
                handle.path(of: name)
            }
        }
    }
}

extension DirectoryHandle {
    /// One entry by its name; `nil` when there is none.
    func entry(_ name: [UInt8]) throws(FileTreeError) -> ScannedEntry? {
        var status = bd_file_status()
        let code = try descriptor().with { bd_status_at($0, name, name.count, &status) }
        if code == -ENOENT { return nil }
        guard code == 0, let entry = ScannedEntry(name: name, status: status) else {
            throw failure(.status, name, code == 0 ? EINVAL : -code)
        }
        return entry
    }
}
