internal import CKernels
internal import Glibc
internal import Model

/// What makes two paths the same file on one machine.
package struct FileIdentity: Hashable, Sendable {
    package let device: UInt64
    package let inode: UInt64

    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}

/// One directory of an open tree, known by its parent, its name and its inode.
///
/// It need not be open: ``descriptor()`` opens it again through its parents, one component at a
/// time without following symbolic links, and refuses any that is not the inode it was. So neither
/// the length of the path nor the number of levels nor a link put in place of a directory matters.
final class DirectoryHandle: Sendable {
    let parent: DirectoryHandle?
    /// One component; of the root, the path it was opened with.
    let name: [UInt8]
    let identity: FileIdentity
    let depth: Int
    let cache: DescriptorCache

    private let owner: UInt64
    /// The root stays open: there is nothing it could be opened again through.
    private let root: Descriptor?

    /// Opens the directory that the user named, through symbolic links if need be.
    init(
        root path: [UInt8], openCountMax: Int = Limits.openDirectoryCountMax
    ) throws(FileTreeError) {
        let number = path.withTerminated { bd_open_root($0) }
        guard number >= 0 else {
            throw -number == ENOTDIR
                ? .notADirectory(path: path) : .system(.open, path: path, errno: -number)
        }
        let descriptor = Descriptor(number)
        let status = try FileTreeError.check(.status, path, of: descriptor)
        parent = nil
        name = path
        identity = FileIdentity(device: status.device, inode: status.inode)
        depth = 0
        cache = DescriptorCache(capacity: openCountMax)
        owner = 0
        root = descriptor
    }

    /// Opens a directory of `parent`.
    ///
    /// - Throws: ``FileTreeError/notADirectory(path:)`` for anything else, links included;
    ///   ``FileTreeError/tooDeep(path:)``; ``FileTreeError/system(_:path:errno:)``.
    init(_ name: [UInt8], in parent: DirectoryHandle) throws(FileTreeError) {
        guard parent.depth < Limits.treeDepthMax else {
            throw .tooDeep(path: parent.path(of: name))
        }
        let descriptor = try DirectoryHandle.open(name, in: parent, at: parent.descriptor())
        var status = bd_file_status()
        let code = descriptor.with { bd_status_of($0, &status) }
        guard code == 0 else { throw parent.failure(.status, name, -code) }
        self.parent = parent
        self.name = name
        identity = FileIdentity(device: status.device, inode: status.inode)
        depth = parent.depth + 1
        cache = parent.cache
        owner = cache.newOwner()
        root = nil
        cache.insert(descriptor, owner: owner)
    }

    deinit {
        cache.remove(owner)
    }

    /// The open directory; it stays open at least as long as the value is held.
    func descriptor() throws(FileTreeError) -> Descriptor {
        if let open = root ?? cache.find(owner) { return open }
        var closed: [DirectoryHandle] = []
        var handle = self
        while true {
            if var open = handle.root ?? cache.find(handle.owner) {
                for next in closed.reversed() { open = try next.reopen(at: open) }
                return open
            }
            closed.append(handle)
            guard let parent = handle.parent else { preconditionFailure("a root is always open") }
            handle = parent
        }
    }

    private func reopen(at parentDescriptor: Descriptor) throws(FileTreeError) -> Descriptor {
        guard let parent else { preconditionFailure("a root is always open") }
        let descriptor = try DirectoryHandle.open(name, in: parent, at: parentDescriptor)
        var status = bd_file_status()
        let code = descriptor.with { bd_status_of($0, &status) }
        guard code == 0 else { throw parent.failure(.status, name, -code) }
        guard identity == FileIdentity(device: status.device, inode: status.inode) else {
            throw .replaced(path: path())
        }
        cache.insert(descriptor, owner: owner)
        return descriptor
    }

    private static func open(
        _ name: [UInt8], in parent: DirectoryHandle, at descriptor: Descriptor
    ) throws(FileTreeError) -> Descriptor {
        let number = descriptor.with { bd_open_directory($0, name, name.count) }
        guard number >= 0 else {
            throw -number == ENOTDIR || -number == ELOOP
                ? .notADirectory(path: parent.path(of: name)) : parent.failure(.open, name, -number)
        }
        return Descriptor(number)
    }

    /// Whether the same directory is also one of those above (a bind mount of an ancestor).
    var isLoop: Bool {
        var ancestor = parent
        while let handle = ancestor {
            if handle.identity == identity { return true }
            ancestor = handle.parent
        }
        return false
    }

    func path() -> [UInt8] {
        var names: [[UInt8]] = []
        var next: DirectoryHandle? = self
        while let handle = next {
            names.append(handle.name)
            next = handle.parent
        }
        var path: [UInt8] = []
        for name in names.reversed() { DirectoryHandle.append(name, to: &path) }
        return path
    }

    func path(of name: [UInt8]) -> [UInt8] {
        var path = path()
        DirectoryHandle.append(name, to: &path)
        return path
    }

    private static func append(_ name: [UInt8], to path: inout [UInt8]) {
        if let last = path.last, last != UInt8(ascii: "/") { path.append(UInt8(ascii: "/")) }
        path += name
    }

    func failure(_ operation: FileOperation, _ name: [UInt8], _ errno: Int32) -> FileTreeError {
        guard Tree.isSafe(name: name) else { return .unsafeName(name) }
        return .system(operation, path: path(of: name), errno: errno)
    }
}

extension FileTreeError {
    /// The status of what is open.
    static func check(
        _ operation: FileOperation, _ path: @autoclosure () -> [UInt8], of descriptor: Descriptor
    ) throws(FileTreeError) -> bd_file_status {
        var status = bd_file_status()
        let code = descriptor.with { bd_status_of($0, &status) }
        guard code == 0 else { throw .system(operation, path: path(), errno: -code) }
        return status
    }
}

extension [UInt8] {
    /// Lends the bytes with a NUL behind them.
    func withTerminated<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { buffer in
            for index in indices { buffer[index] = CChar(bitPattern: self[index]) }
            buffer[count] = 0
            return body(UnsafePointer(buffer.baseAddress!))
        }
    }
}
