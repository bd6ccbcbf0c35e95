internal import Glibc
internal import Model

/// The paths on the command line.
enum SourcePath {
    /// Absolute paths without links in them, each once.
    ///
    /// - Throws: a ``Failure`` that names the first path that is not there.
    static func resolve(_ paths: [[UInt8]]) throws -> [[UInt8]] {
        guard !paths.isEmpty else {
            throw Failure(
                "BD-NO-PATH", .usage, "No path was given",
                remedy: "say what to back up: bitdust backup ~/docs")
        }
        var resolved: [[UInt8]] = []
        for path in paths {
            let absolute = try resolve(path)
            if !resolved.contains(absolute) { resolved.append(absolute) }
        }
        guard resolved.count <= Limits.snapshotPathCountMax else {
            throw Failure(
                "BD-TOO-MANY-PATHS", .usage,
                "\(resolved.count) paths were given, at most \(Limits.snapshotPathCountMax) go "
                    + "into one snapshot", remedy: "name the folder that holds them")
        }
        return resolved
    }

    private static func resolve(_ path: [UInt8]) throws -> [UInt8] {
        let found = path.withPath { realpath($0, nil) }
        guard let found else {
            throw Failure(
                "BD-NO-SOURCE", .failed, "\(displayText(path)) cannot be read",
                cause: String(cString: strerror(errno)), remedy: "check the path and try again")
        }
        defer { free(found) }
        let length = strlen(found)
        return found.withMemoryRebound(to: UInt8.self, capacity: length) {
            Array(UnsafeBufferPointer(start: $0, count: length))
        }
    }

    /// The directory that holds a path, and its name there; `.` for the root of the file system.
    static func split(_ path: [UInt8]) -> (directory: [UInt8], name: [UInt8]) {
        let slash = UInt8(ascii: "/")
        guard let last = path.lastIndex(of: slash), path.count > 1 else {
            return ([slash], [UInt8(ascii: ".")])
        }
        let directory = last == 0 ? [slash] : Array(path[..<last])
        return (directory, Array(path[(last + 1)...]))
    }

    /// The name of a set that was given none.
    static func setName(_ path: [UInt8]) -> String {
        let name = split(path).name
        return name == [UInt8(ascii: ".")] ? "root" : displayText(name)
    }
}
