internal import Glibc
internal import Model

/// Compares two trees on disk, knowing nothing of how one was made from the other.
struct TreeComparison {
    /// Everything but directories.
    private(set) var fileCount: UInt64 = 0
    private(set) var byteCount: UInt64 = 0
    /// Not compared: could not be read when it was backed up, or only root restores it.
    private(set) var leftOutCount: UInt64 = 0
    /// Paths with what differs; it ends at `differencesMax`.
    private(set) var differences: [String] = []
    /// Paths that the backup said it had left out.
    private let leftOut: Set<[UInt8]>
    private var buffers = (one: [UInt8](), other: [UInt8]())

    private static let differencesMax = 20
    private static let bufferLength = 1 << 17

    init(leftOut: Set<[UInt8]>) {
        self.leftOut = leftOut
        buffers.one = [UInt8](repeating: 0, count: TreeComparison.bufferLength)
        buffers.other = buffers.one
    }

    /// Compares what is at `source` with what is at `target`, and all below: kind, permissions,
    /// time of modification, size, content, target of links, names.
    mutating func compare(_ source: [UInt8], _ target: [UInt8]) {
        var stack = [(source, target)]
        while let (source, target) = stack.popLast() {
            guard differences.count < TreeComparison.differencesMax else { return }
            if leftOut.contains(source) {
                leftOutCount += 1
                continue
            }
            guard let one = Folder.status(source), let other = Folder.status(target) else {
                differ(source, "cannot be looked at: \(errorText(errno))")
                continue
            }
            guard compareMetadata(source, one, other) else { continue }
            let kind = one.st_mode & S_IFMT
            if kind == S_IFDIR {
                compareNames(source, target, &stack)
                continue
            }
            fileCount += 1
            if kind == S_IFREG { compareContents(source, target) }
            if kind == S_IFLNK { compareLinks(source, target) }
        }
    }

    /// - Returns: whether it makes sense to look inside.
    private mutating func compareMetadata(_ path: [UInt8], _ one: stat, _ other: stat) -> Bool {
        let kind = one.st_mode & S_IFMT
        guard kind == other.st_mode & S_IFMT else {
            differ(path, "is of another kind")
            return false
        }
        if kind != S_IFLNK && one.st_mode != other.st_mode { differ(path, "has another mode") }
        let (time, otherTime) = (one.st_mtim, other.st_mtim)
        if time.tv_sec != otherTime.tv_sec || time.tv_nsec != otherTime.tv_nsec {
            differ(path, "has another time")
        }
        if kind == S_IFREG && one.st_size != other.st_size {
            differ(path, "has \(other.st_size) bytes for \(one.st_size)")
            return false
        }
        return true
    }

    private mutating func compareNames(
        _ source: [UInt8], _ target: [UInt8], _ stack: inout [([UInt8], [UInt8])]
    ) {
        guard let names = Folder.names(source), let others = Folder.names(target) else {
            return differ(source, "cannot be listed: \(errorText(errno))")
        }
        let known = Set(names)
        for name in others where !known.contains(name) {
            differ(Folder.join(source, name), "was not there before")
        }
        let there = Set(others)
        for name in names {
            let path = Folder.join(source, name)
            if there.contains(name) {
                stack.append((path, Folder.join(target, name)))
            } else if leftOut.contains(path) || isForRoot(path) {
                leftOutCount += 1
            } else {
                differ(path, "is missing")
            }
        }
    }

    private mutating func compareContents(_ source: [UInt8], _ target: [UInt8]) {
        let one = open(cPath(source), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        let other = open(cPath(target), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        defer { for descriptor in [one, other] where descriptor >= 0 { close(descriptor) } }
        guard one >= 0, other >= 0 else {
            return differ(source, "cannot be read: \(errorText(errno))")
        }
        var count = TreeComparison.bufferLength
        while count == TreeComparison.bufferLength {
            count = TreeComparison.fill(&buffers.one, from: one)
            guard count >= 0, TreeComparison.fill(&buffers.other, from: other) == count,
                memcmp(buffers.one, buffers.other, count) == 0
            else { return differ(source, "has other contents") }
            byteCount += UInt64(count)
        }
    }

    private mutating func compareLinks(_ source: [UInt8], _ target: [UInt8]) {
        guard let one = TreeComparison.linkTarget(source),
            one == TreeComparison.linkTarget(target)
        else { return differ(source, "points elsewhere") }
    }

    private mutating func differ(_ path: [UInt8], _ what: String) {
        differences.append(displayText(path) + " " + what)
    }

    /// Devices and sockets, which nobody but root can make.
    private func isForRoot(_ path: [UInt8]) -> Bool {
        guard geteuid() != 0, let status = Folder.status(path) else { return false }
        return [S_IFSOCK, S_IFCHR, S_IFBLK].contains(status.st_mode & S_IFMT)
    }

    private static func linkTarget(_ path: [UInt8]) -> [UInt8]? {
        var buffer = [CChar](repeating: 0, count: 1 << 16)
        let count = readlink(cPath(path), &buffer, buffer.count)
        return count >= 0 ? buffer[..<count].map { UInt8(bitPattern: $0) } : nil
    }

    /// - Returns: bytes read, fewer than the buffer has at the end of the file; -1 when it failed.
    private static func fill(_ buffer: inout [UInt8], from descriptor: Int32) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = buffer.withUnsafeMutableBytes { bytes in
                read(descriptor, bytes.baseAddress.map { $0 + filled }, bytes.count - filled)
            }
            if count < 0 { return -1 }
            if count == 0 { break }
            filled += count
        }
        return filled
    }
}
