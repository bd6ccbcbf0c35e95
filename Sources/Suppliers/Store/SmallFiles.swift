internal import Model

/// Small files that are replaced as a whole: contracts, heads, keys.
struct SmallFiles: Sendable {
    let disk: any Disk

    /// Writes a file so that after a crash there is the old one or the new one: temporary file,
    /// sync, rename, sync of the directory.
    func publish(_ bytes: [UInt8], as name: String, in directory: String) throws(DiskError) {
        let target = "\(directory)/\(name)"
        let temporary = "\(target).tmp"
        let file = try create(temporary)
        try write(bytes, to: file)
        try file.sync()
        try file.close()
        try disk.rename(temporary, to: target)
        try disk.syncDirectory(directory)
    }

    /// Makes a directory whose entry is durable.
    func makeDirectory(_ name: String, in parent: String) throws(DiskError) {
        try disk.makeDirectory("\(parent)/\(name)")
        try disk.syncDirectory(parent)
    }

    /// Makes a directory and those above it that are missing, their entries durable.
    func makeDirectories(_ path: String) throws(DiskError) {
        var made = path.hasPrefix("/") ? "" : "."
        for name in path.split(separator: "/") {
            let parent = made
            made += "/\(name)"
            let isThere = (try? disk.names(in: made)) != nil
            if !isThere { try makeDirectory(String(name), in: parent.isEmpty ? "/" : parent) }
        }
    }

    func read(_ path: String, limit: Int) throws(DiskError) -> [UInt8] {
        let file = try disk.open(path, .read(direct: false))
        return try file.contents(limit: limit)
    }

    /// The names in a directory, none when there is no directory.
    func names(in directory: String) throws(DiskError) -> [String] {
        do {
            return try disk.names(in: directory)
        } catch {
            if error.isMissing { return [] }
            throw error
        }
    }

    /// What an interrupted `publish` left is in the way of the next one.
    private func create(_ path: String) throws(DiskError) -> any DiskFile {
        do {
            return try disk.open(path, .create(direct: false))
        } catch {
            guard error.code == DiskError.exists else { throw error }
        }
        try disk.remove(path)
        return try disk.open(path, .create(direct: false))
    }

    private func write(_ bytes: [UInt8], to file: any DiskFile) throws(DiskError) {
        var failure: DiskError?
        bytes.withUnsafeBytes { source in
            do throws(DiskError) {
                try file.writeAll([source], at: 0)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
