internal import CKernels
internal import Glibc
package import Model

/// Entries without bytes of their own: links, fifos, devices, sockets.
///
/// One is made under its name, or, when that is taken, under a temporary name and renamed. Then it
/// is opened by name only, examined, and gets its metadata through that descriptor: whatever is put
/// in its place meanwhile is not touched.
extension TargetDirectory {
    /// - Precondition: `entry.kind == .symbolicLink`.
    package func makeSymbolicLink(_ entry: TreeEntry) throws(FileTreeError) -> [MetadataIssue] {
        precondition(entry.kind == .symbolicLink)
        return try makeNode(entry) { directory, name in
            entry.linkTarget.withTerminated {
                bd_make_symbolic_link(directory, name, name.count, $0)
            }
        }
    }

    /// - Precondition: `entry.kind == .fifo`.
    package func makeFifo(_ entry: TreeEntry) throws(FileTreeError) -> [MetadataIssue] {
        precondition(entry.kind == .fifo)
        return try makeNode(entry) { directory, name in
            bd_make_node(directory, name, name.count, UInt32(S_IFIFO) | 0o600, 0)
        }
    }

    /// Makes a device or a socket when this user is root; otherwise reports it as skipped.
    ///
    /// - Precondition: `entry.kind` is a device or a socket.
    package func makeSpecial(_ entry: TreeEntry) throws(FileTreeError) -> [MetadataIssue] {
        let format: UInt32
        switch entry.kind {
        case .characterDevice: format = UInt32(S_IFCHR)
        case .blockDevice: format = UInt32(S_IFBLK)
        case .socket: format = UInt32(S_IFSOCK)
        case .file, .directory, .symbolicLink, .fifo:
            preconditionFailure("not a special file: \(entry.kind)")
        }
        guard geteuid() == 0 else { return [.skipped(entry.kind)] }
        do {
            return try makeNode(entry) { directory, name in
                bd_make_node(directory, name, name.count, format | 0o600, entry.deviceNumber)
            }
        } catch FileTreeError.system(.create, _, EPERM) {
            // Root of a container.
            return [.skipped(entry.kind)]
        } catch {
            throw error
        }
    }

    /// Makes `name` another name of a file restored before, over what has the name now.
    ///
    /// - Throws: ``FileTreeError/notAFile(path:)`` when `source` is a directory or a link by now.
    package func makeHardLink(
        _ name: [UInt8], to source: (directory: TargetDirectory, name: [UInt8])
    ) throws(FileTreeError) {
        let from = try source.directory.handle.descriptor()
        guard let original = try source.directory.existing(source.name) else {
            throw source.directory.handle.failure(.link, source.name, ENOENT)
        }
        guard original.entry.kind == .file else {
            throw .notAFile(path: source.directory.handle.path(of: source.name))
        }
        if try existing(name)?.identity == original.identity { return }
        try place(name) { directory, newName in
            from.with {
                bd_make_hard_link(
                    $0, source.name, source.name.count, directory, newName, newName.count)
            }
        }
    }

    private func makeNode(
        _ entry: TreeEntry, _ make: (Int32, [UInt8]) -> Int32
    ) throws(FileTreeError) -> [MetadataIssue] {
        let name = entry.name
        try place(name, make)
        let node = try openNode(name)
        let status = try FileTreeError.check(.status, handle.path(of: name), of: node)
        guard EntryKind(fileMode: status.mode) == entry.kind else {
            throw .replaced(path: handle.path(of: name))
        }
        let writer = MetadataWriter(
            descriptor: node, isNode: true, inheritsACL: handsDownACL)
        return writer.apply(entry, to: status)
    }

    /// Makes something under `name`, replacing what is not a directory.
    private func place(
        _ name: [UInt8], _ make: (Int32, [UInt8]) -> Int32
    ) throws(FileTreeError) {
        let parent = try handle.descriptor()
        var code = parent.with { make($0, name) }
        if code == 0 { return }
        guard code == -EEXIST else { throw handle.failure(.create, name, -code) }
        var temporaryName = TemporaryName.next()
        code = parent.with { make($0, temporaryName) }
        for _ in 0..<TemporaryName.attemptMax where code == -EEXIST {
            temporaryName = TemporaryName.next()
            code = parent.with { make($0, temporaryName) }
        }
        guard code == 0 else { throw handle.failure(.create, name, -code) }
        do {
            try rename(temporaryName, to: name, at: parent)
        } catch {
            parent.with { _ = bd_remove($0, temporaryName, temporaryName.count) }
            throw error
        }
    }
}
