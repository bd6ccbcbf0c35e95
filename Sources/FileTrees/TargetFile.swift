internal import CKernels
internal import Glibc
package import Model
internal import Synchronization

/// A file that is being restored, under a temporary name until ``commit()``.
///
/// When the last owner lets go before that, or the process dies, the name it is for is untouched.
///
/// Thread rules: writes may come from several threads, each byte once; `commit` and `abandon` after
/// the last of them.
package final class TargetFile: Sendable {
    package let entry: TreeEntry
    private let directory: TargetDirectory
    /// Held, so that a directory closed meanwhile need not be opened again for the rename.
    private let parent: Descriptor
    private let descriptor: Descriptor
    private let temporaryName: [UInt8]
    private let written = Atomic<UInt64>(0)
    private let isDone = Atomic<Bool>(false)

    init(_ entry: TreeEntry, in directory: TargetDirectory) throws(FileTreeError) {
        guard Tree.isSafe(name: entry.name) else { throw .unsafeName(entry.name) }
        let parent = try directory.handle.descriptor()
        var name = TemporaryName.next()
        var number = parent.with { bd_create_file($0, name, name.count) }
        for _ in 0..<TemporaryName.attemptMax where number == -EEXIST {
            name = TemporaryName.next()
            number = parent.with { bd_create_file($0, name, name.count) }
        }
        guard number >= 0 else { throw directory.handle.failure(.create, entry.name, -number) }
        descriptor = Descriptor(number)
        temporaryName = name
        self.entry = entry
        self.directory = directory
        self.parent = parent
    }

    deinit {
        abandon()
    }

    package var path: [UInt8] { directory.handle.path(of: entry.name) }

    /// Writes bytes of the file; of a sparse one, pages of zeros become holes.
    ///
    /// - Throws: ``FileTreeError/outOfBounds(path:offset:byteCount:size:)`` past the entry's size.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileTreeError) {
        let count = UInt64(bytes.count)
        guard offset <= entry.size, count <= entry.size - offset else {
            throw .outOfBounds(
                path: path, offset: offset, byteCount: bytes.count, size: entry.size)
        }
        guard count > 0 else { return }
        if entry.isSparse {
            try writeData(of: bytes, at: offset)
        } else {
            try writeAll(bytes[...], at: offset)
        }
        written.wrappingAdd(count, ordering: .relaxed)
    }

    private func writeAll(
        _ bytes: Slice<UnsafeRawBufferPointer>, at offset: UInt64
    ) throws(FileTreeError) {
        let part = UnsafeRawBufferPointer(rebasing: bytes)
        let code = bd_write_at(descriptor.number, part.baseAddress, part.count, offset)
        guard code == 0 else { throw .system(.write, path: path, errno: -code) }
    }

    /// Writes runs of pages that are not all zeros; pages are those of the file.
    private func writeData(
        of bytes: UnsafeRawBufferPointer, at offset: UInt64
    ) throws(FileTreeError) {
        let page = Limits.pageLength
        var runStart = 0
        var position = 0
        while position < bytes.count {
            let intoPage = Int((offset + UInt64(position)) % UInt64(page))
            let end = min(bytes.count, position + page - intoPage)
            if bd_is_zero(bytes.baseAddress! + position, end - position) {
                if runStart < position {
                    try writeAll(bytes[runStart..<position], at: offset + UInt64(runStart))
                }
                runStart = end
            }
            position = end
        }
        if runStart < bytes.count {
            try writeAll(bytes[runStart...], at: offset + UInt64(runStart))
        }
    }

    /// Reads back what was written; returns fewer bytes only at the end of the file.
    package func read(
        into target: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(FileTreeError) -> Int {
        guard let start = target.baseAddress else { return 0 }
        let count = bd_read_at(descriptor.number, start, target.count, offset, .max)
        guard count >= 0 else { throw .system(.read, path: path, errno: Int32(-count)) }
        return count
    }

    /// Sets length and metadata, then renames the file over its name.
    ///
    /// In a directory that this restore made, a name that is taken is never replaced.
    ///
    /// - Throws: ``FileTreeError/incomplete(path:have:need:)`` before every byte was written,
    ///   ``FileTreeError/isADirectory(path:)``, ``FileTreeError/nameTaken(path:)``,
    ///   ``FileTreeError/system(_:path:errno:)``.
    /// - Precondition: neither committed nor abandoned before.
    package func commit() throws(FileTreeError) -> [MetadataIssue] {
        precondition(!isDone.load(ordering: .relaxed))
        let have = written.load(ordering: .relaxed)
        guard have == entry.size else {
            throw .incomplete(path: path, have: have, need: entry.size)
        }
        let status = try FileTreeError.check(.status, path, of: descriptor)
        if status.size != entry.size {
            // Only holes may be missing: a short file otherwise had some bytes written twice.
            guard entry.isSparse else {
                throw .incomplete(path: path, have: status.size, need: entry.size)
            }
            let code = bd_set_length(descriptor.number, entry.size)
            guard code == 0 else { throw .system(.write, path: path, errno: -code) }
        }
        let writer = MetadataWriter(
            descriptor: descriptor, isNode: false, inheritsACL: directory.handsDownACL)
        let issues = writer.apply(entry, to: status)
        try directory.rename(temporaryName, to: entry.name, at: parent)
        isDone.store(true, ordering: .relaxed)
        return issues
    }

    /// Removes the unfinished file; once committed or abandoned this does nothing.
    package func abandon() {
        guard !isDone.exchange(true, ordering: .relaxed) else { return }
        _ = bd_remove(parent.number, temporaryName, temporaryName.count)
    }
}

extension TargetDirectory {
    /// Gives a finished entry its name, over an older one unless the directory is new.
    func rename(
        _ temporaryName: [UInt8], to name: [UInt8], at descriptor: Descriptor
    ) throws(FileTreeError) {
        let code = descriptor.with {
            bd_rename($0, temporaryName, temporaryName.count, name, name.count, isNew)
        }
        switch -code {
        case 0: return
        case EISDIR: throw .isADirectory(path: handle.path(of: name))
        case EEXIST: throw .nameTaken(path: handle.path(of: name))
        default: throw handle.failure(.rename, name, -code)
        }
    }
}
