internal import CKernels
internal import Glibc
package import Model

/// A file that is read for a backup; closed when the last owner lets go.
///
/// Thread rules: any thread; reads name their offset and do not disturb each other.
package final class SourceFile: Sendable {
    private let descriptor: Descriptor
    private let directory: DirectoryHandle
    private let name: [UInt8]
    /// What the file was when it was opened; ``status()`` asks again.
    package let opened: ScannedEntry

    init(_ name: [UInt8], in directory: DirectoryHandle) throws(FileTreeError) {
        let number = try directory.descriptor().with { bd_open_file($0, name, name.count) }
        guard number >= 0 else {
            // A link gives ELOOP, a socket and a device without a driver ENXIO.
            throw -number == ELOOP || -number == ENXIO
                ? .notAFile(path: directory.path(of: name))
                : directory.failure(.open, name, -number)
        }
        descriptor = Descriptor(number)
        self.directory = directory
        self.name = name
        opened = try SourceFile.status(descriptor, name, directory)
        guard opened.entry.kind == .file else {
            throw .notAFile(path: directory.path(of: name))
        }
    }

    package var path: [UInt8] { directory.path(of: name) }

    /// What the file is now: differs from ``opened`` when it changed while it was read.
    package func status() throws(FileTreeError) -> ScannedEntry {
        try SourceFile.status(descriptor, name, directory)
    }

    private static func status(
        _ descriptor: Descriptor, _ name: [UInt8], _ directory: DirectoryHandle
    ) throws(FileTreeError) -> ScannedEntry {
        let status = try FileTreeError.check(
            .status, directory.path(of: name), of: descriptor)
        guard let entry = ScannedEntry(name: name, status: status) else {
            throw .notAFile(path: directory.path(of: name))
        }
        return entry
    }

    /// Reads at `offset` until `target` is full or the file ends; returns the bytes read.
    package func read(
        into target: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(FileTreeError) -> Int {
        guard let start = target.baseAddress else { return 0 }
        let count = bd_read_at(
            descriptor.number, start, target.count, offset, opened.entry.size)
        guard count >= 0 else { throw .system(.read, path: path, errno: Int32(-count)) }
        return count
    }

    /// The extended attributes, sorted by name.
    package func attributes() throws(FileTreeError) -> [ExtendedAttribute] {
        try AttributeReader(descriptor: descriptor, isNode: false).read { path }
    }

    /// The next bytes that are not a hole, at or after `offset`; `nil` when only a hole is left.
    ///
    /// A file system that does not know holes has one range to the end.
    package func nextData(after offset: UInt64) throws(FileTreeError) -> Range<UInt64>? {
        let start = bd_next_data(descriptor.number, offset)
        if start == -Int64(ENXIO) { return nil }
        if start == -Int64(EINVAL) {
            let size = try status().entry.size
            return offset < size ? offset..<size : nil
        }
        guard start >= 0 else { throw .system(.read, path: path, errno: Int32(-start)) }
        let end = bd_next_hole(descriptor.number, UInt64(start))
        // The file was cut short between the two questions.
        if end == -Int64(ENXIO) || end == start { return nil }
        guard end >= 0 else { throw .system(.read, path: path, errno: Int32(-end)) }
        return UInt64(start)..<UInt64(end)
    }

    /// Tells the kernel to read ahead.
    package func adviseSequential() {
        bd_advise_sequential(descriptor.number)
    }
}
