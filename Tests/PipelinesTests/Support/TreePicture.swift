import Glibc

/// Functions of the C library whose headers the Glibc module leaves out.
private func symbol<Function>(_ name: String, as type: Function.Type) -> Function {
    guard let address = dlsym(nil, name) else { preconditionFailure("no \(name)") }
    return unsafeBitCast(address, to: type)
}

typealias SetAttribute =
    @convention(c) (
        UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeRawPointer, Int, Int32
    ) -> Int32
typealias GetAttribute =
    @convention(c) (
        UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int
    ) -> Int
typealias ListAttributes =
    @convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<CChar>?, Int) -> Int
typealias StartWatching = @convention(c) (Int32) -> Int32
typealias AddWatch = @convention(c) (Int32, UnsafePointer<CChar>, UInt32) -> Int32
typealias Mount =
    @convention(c) (
        UnsafePointer<CChar>?, UnsafePointer<CChar>, UnsafePointer<CChar>?, UInt,
        UnsafePointer<CChar>?
    ) -> Int32
typealias Unmount = @convention(c) (UnsafePointer<CChar>, Int32) -> Int32

let lsetxattr = symbol("lsetxattr", as: SetAttribute.self)
let lgetxattr = symbol("lgetxattr", as: GetAttribute.self)
let llistxattr = symbol("llistxattr", as: ListAttributes.self)
let inotify_init1 = symbol("inotify_init1", as: StartWatching.self)
let inotify_add_watch = symbol("inotify_add_watch", as: AddWatch.self)
let mount = symbol("mount", as: Mount.self)
let umount2 = symbol("umount2", as: Unmount.self)

/// A tree as a value, read with plain system calls: what a person would find in it.
struct TreePicture: Equatable {
    struct Item: Equatable {
        var mode: UInt32
        var owner: [UInt32]
        /// Seconds and nanoseconds.
        var modified: [Int]
        var size = 0
        var linkCount = 0
        /// The first path of the same file; its own when it has one name.
        var sameAs: [UInt8] = []
        /// Of a symbolic link.
        var linkTarget: [UInt8] = []
        var content: [UInt8] = []
        var attributes: [[UInt8]: [UInt8]] = [:]
    }

    private(set) var items: [[UInt8]: Item] = [:]
    private var firstPaths: [UInt64: [UInt8]] = [:]

    init(_ root: String) {
        let directory = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        prepared(directory, root)
        add(directory, below: [])
        close(directory)
    }

    subscript(_ path: String) -> Item? { items[Array("/\(path)".utf8)] }

    var paths: [String] { items.keys.map { String(decoding: $0, as: UTF8.self) }.sorted() }

    /// Paths that differ, for people.
    func differences(from other: TreePicture) -> [String] {
        Set(items.keys).union(other.items.keys)
            .filter { items[$0] != other.items[$0] }
            .map { path in
                var (left, right) = (items[path], other.items[path])
                let sameBytes = left?.content == right?.content
                left?.content = []
                right?.content = []
                let name = String(decoding: path, as: UTF8.self)
                return "\(name): \(sameBytes ? "" : "CONTENT ")\(String(describing: left)) "
                    + "is now \(String(describing: right))"
            }.sorted()
    }

    private mutating func add(_ directory: Int32, below path: [UInt8]) {
        for name in TreePicture.names(directory).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let itemPath = path + [UInt8(ascii: "/")] + name
            var status = stat()
            prepared(name.withCString { fstatat(directory, $0, &status, AT_SYMLINK_NOFOLLOW) })
            var item = Item(
                mode: status.st_mode, owner: [status.st_uid, status.st_gid],
                modified: [status.st_mtim.tv_sec, status.st_mtim.tv_nsec])
            // A path that goes through the descriptor: the real one may be too long.
            let short = Array("/proc/self/fd/\(directory)/".utf8) + name
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                let child = name.withCString { openat(directory, $0, O_RDONLY | O_DIRECTORY) }
                prepared(child)
                add(child, below: itemPath)
                close(child)
            case S_IFLNK:
                item.linkTarget = TreePicture.linkTarget(directory, name)
            default:
                addFile(&item, status, path: itemPath, short: short)
            }
            item.attributes = TreePicture.attributes(short)
            items[itemPath] = item
        }
    }

    private mutating func addFile(
        _ item: inout Item, _ status: stat, path: [UInt8], short: [UInt8]
    ) {
        item.linkCount = Int(status.st_nlink)
        item.sameAs = firstPaths[UInt64(status.st_ino), default: path]
        firstPaths[UInt64(status.st_ino)] = item.sameAs
        guard status.st_mode & S_IFMT == S_IFREG else { return }
        item.size = Int(status.st_size)
        let file = short.withCString { open($0, O_RDONLY | O_NOFOLLOW) }
        prepared(file)
        item.content = Files.readAll(file) ?? []
        close(file)
    }

    private static func names(_ descriptor: Int32) -> [[UInt8]] {
        guard let directory = fdopendir(dup(descriptor)) else { return [] }
        defer { closedir(directory) }
        rewinddir(directory)
        var names: [[UInt8]] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [46], name != [46, 46] { names.append(name) }
        }
        return names
    }

    private static func linkTarget(_ directory: Int32, _ name: [UInt8]) -> [UInt8] {
        var target = [CChar](repeating: 0, count: 4096)
        let count = name.withCString { readlinkat(directory, $0, &target, target.count) }
        prepared(count)
        return target.prefix(count).map { UInt8(bitPattern: $0) }
    }

    private static func attributes(_ path: [UInt8]) -> [[UInt8]: [UInt8]] {
        var list = [CChar](repeating: 0, count: 65536)
        let count = path.withCString { llistxattr($0, &list, list.count) }
        guard count > 0 else { return [:] }
        var attributes: [[UInt8]: [UInt8]] = [:]
        for name in list.prefix(count).map({ UInt8(bitPattern: $0) }).split(separator: 0) {
            var value = [UInt8](repeating: 0, count: 65536)
            let length = path.withCString { path in
                Array(name).withCString { lgetxattr(path, $0, &value, value.count) }
            }
            prepared(length)
            attributes[Array(name)] = Array(value.prefix(length))
        }
        return attributes
    }
}

extension Array where Element == UInt8 {
    func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        try (map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer {
            try body($0.baseAddress!)
        }
    }
}
