internal import Glibc
internal import Model
internal import Pipelines

/// A directory below `$TMPDIR` for one command, with a home in it, that is gone afterwards.
struct Scratch: Sendable {
    let path: RawPath

    var home: Home { Home(path: path.appending("home").bytes) }

    /// Makes one for `body` and removes it, also when `body` throws.
    ///
    /// - Throws: `BD-SCRATCH` when there is no place for it, and what `body` throws.
    static func with<Result>(
        _ context: CommandContext, purpose: String, _ body: (Scratch) throws -> Result
    ) throws -> Result {
        let named = context.environment.variable("TMPDIR") ?? []
        let parent = RawPath(named.isEmpty ? Array("/tmp".utf8) : named).absolute()
        var template = cPath(parent.appending("bitdust-\(purpose)-XXXXXX").bytes)
        guard mkdtemp(&template) != nil else {
            throw Failure(
                "BD-SCRATCH", .cannotCreate,
                "cannot make a directory in \(displayText(parent.bytes))",
                cause: errorText(errno), remedy: "set TMPDIR to a directory that you may write to")
        }
        let scratch = Scratch(path: RawPath(template.dropLast().map { UInt8(bitPattern: $0) }))
        defer { Folder.remove(scratch.path.bytes) }
        return try body(scratch)
    }
}

/// Listing, emptying and removing what is below a directory. Symbolic links are not followed.
enum Folder {
    /// Names in it but `.` and `..`, sorted by bytes; `nil` when it cannot be listed.
    static func names(_ path: [UInt8]) -> [[UInt8]]? {
        guard let directory = opendir(cPath(path)) else { return nil }
        defer { closedir(directory) }
        var names: [[UInt8]] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8) && name != Array("..".utf8) { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    static func status(_ path: [UInt8]) -> stat? {
        var status = stat()
        return lstat(cPath(path), &status) == 0 ? status : nil
    }

    static func isFolder(_ path: [UInt8]) -> Bool {
        status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    static func join(_ path: [UInt8], _ name: [UInt8]) -> [UInt8] {
        path + [slash] + name
    }

    private static let slash = UInt8(ascii: "/")

    /// Bytes of all files at and below `path`.
    static func byteCount(_ path: [UInt8]) -> UInt64 {
        var sum: UInt64 = 0
        visit(path) { _, status in
            if status.st_mode & S_IFMT == S_IFREG { sum += UInt64(max(0, status.st_size)) }
        }
        return sum
    }

    /// Removes it and all below; what cannot be removed stays. Only for what this program made:
    /// permissions that are in the way are changed.
    static func remove(_ path: [UInt8]) {
        var folders: [[UInt8]] = []
        visit(path) { path, status in
            if status.st_mode & S_IFMT == S_IFDIR {
                chmod(cPath(path), 0o700)
                folders.append(path)
            } else {
                unlink(cPath(path))
            }
        }
        for folder in folders.reversed() { rmdir(cPath(folder)) }
    }

    /// Makes every file empty: whoever has it open reads nothing from then on. Not those of
    /// SQLite, which maps them: a process that has them open would die of SIGBUS.
    static func empty(_ path: [UInt8]) {
        visit(path) { path, status in
            guard status.st_mode & S_IFMT == S_IFREG else { return }
            let name = String(decoding: path.split(separator: slash).last ?? [], as: UTF8.self)
            if !name.contains(".sqlite") { truncate(cPath(path), 0) }
        }
    }

    /// Each path before what is below it.
    private static func visit(_ path: [UInt8], _ body: ([UInt8], stat) -> Void) {
        var stack = [path]
        while let path = stack.popLast() {
            guard let status = status(path) else { continue }
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            body(path, status)
            if isFolder { stack += (names(path) ?? []).map { join(path, $0) } }
        }
    }
}
