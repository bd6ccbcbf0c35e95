import Glibc

/// File systems of a few MiB in memory, which only root can mount.
enum SmallDisk {
    /// Leaves so many pages, and gives the others back when the file is removed.
    ///
    /// - Returns: the file.
    static func fill(_ path: String, leaving pageCount: Int = 0) -> String {
        let filler = "\(path)/filler"
        let file = open(filler, O_WRONLY | O_CREAT, 0o600)
        prepared(file, filler)
        defer { close(file) }
        let page = [UInt8](repeating: 7, count: 4096)
        var count = 0
        while write(file, page, page.count) > 0 { count += 1 }
        prepared(ftruncate(file, off_t(max(0, count - pageCount) * page.count)), filler)
        return filler
    }

    /// How many files and directories there may be from now on.
    static func setFileCountMax(_ count: Int, at path: String) {
        prepared(mount(nil, path, nil, UInt(MS_REMOUNT), "nr_inodes=\(count)"), path)
    }
}

/// Mounts a small disk while `body` runs.
func withSmallDisk(
    at path: String, options: String = "size=4m", _ body: (_ path: String) throws -> Void
) throws {
    Files.makeDirectory(path)
    prepared(mount("tmpfs", path, "tmpfs", 0, options), path)
    defer {
        _ = umount2(path, 2)
        rmdir(path)
    }
    try body(path)
}
