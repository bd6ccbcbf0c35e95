import Glibc
import Model
import Synchronization
import Testing

@testable import FileTrees

struct SourceTests {
    @Test func `entries vanish during a scan without a word`() async throws {
        let scratch = Scratch()
        scratch.makeFile("stays")
        let stop = Flag()
        let problems = try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                while !stop.isSet.load(ordering: .relaxed) {
                    for index in 0..<20 { scratch.makeFile("v\(index)") }
                    for index in 0..<20 { unlink(scratch["v\(index)"]) }
                }
                return 0
            }
            group.addTask {
                defer { stop.isSet.store(true, ordering: .relaxed) }
                let directory = try scratch.source()
                var count = 0
                for _ in 0..<400 {
                    let listing = try directory.scan()
                    count += listing.problems.count
                    count +=
                        listing.entries.contains { $0.entry.name == Array("stays".utf8) } ? 0 : 1
                }
                return count
            }
            return try await group.reduce(0, +)
        }
        #expect(problems == 0)
    }

    @Test(.enabled(if: isRoot, "becomes another user"))
    func `what this user may not read is an error or a problem, not an end`() throws {
        let scratch = Scratch()
        prepared(chmod(scratch.path, 0o755))
        scratch.makeDirectory("closed", mode: 0o700)
        scratch.makeDirectory("names-only", mode: 0o744)
        prepared(chmod(scratch["names-only"], 0o744))
        scratch.makeFile("names-only/file")
        scratch.makeFile("secret", "x", mode: 0o600)
        try asNobody {
            let root = try scratch.source()
            #expect(try root.scan().entries.count == 3)
            #expect { try root.child(Array("closed".utf8)) } throws: {
                ($0 as? FileTreeError)?.isPermission == true
            }
            #expect { try root.openFile(Array("secret".utf8)) } throws: {
                ($0 as? FileTreeError)?.isPermission == true
            }
            let listing = try root.child(Array("names-only".utf8)).scan()
            #expect(listing.entries.isEmpty && listing.problems.map(\.name) == [Array("file".utf8)])
            #expect(listing.problems.first?.error.isPermission == true)
        }
    }

    @Test func `a file opened is a file, never a link, a fifo or a socket`() throws {
        let scratch = Scratch()
        scratch.makeFile("file", "x")
        prepared(symlink("file", scratch["link"]))
        prepared(mkfifo(scratch["fifo"], 0o600))
        prepared(mknod(scratch["socket"], S_IFSOCK | 0o600, 0))
        scratch.makeDirectory("directory")
        let root = try scratch.source()
        for name in ["link", "fifo", "socket", "directory"] {
            #expect(throws: FileTreeError.notAFile(path: Array(scratch[name].utf8))) {
                try root.openFile(Array(name.utf8))
            }
        }
        #expect(try root.openFile(Array("file".utf8)).contents() == Array("x".utf8))
    }

    @Test func `only the root argument is followed through a link`() throws {
        let scratch = Scratch()
        scratch.makeDirectory("real")
        scratch.makeFile("real/file")
        prepared(symlink("real", scratch["link"]))
        #expect(try scratch.names("link") == ["file"])
        #expect(throws: FileTreeError.notADirectory(path: Array(scratch["link"].utf8))) {
            try scratch.source().child(Array("link".utf8))
        }
        #expect(throws: FileTreeError.notADirectory(path: Array(scratch["real/file"].utf8))) {
            try scratch.source("real/file")
        }
    }

    @Test func `data ranges are those between the holes`() throws {
        let scratch = Scratch()
        let descriptor = open(scratch["f"], O_CREAT | O_WRONLY, 0o600)
        prepared(Int32(pwrite(descriptor, "x", 1, 1 << 20)) - 1)
        prepared(ftruncate(descriptor, 3 << 20))
        close(descriptor)
        let file = try scratch.source().openFile(Array("f".utf8))
        let data = try #require(try file.nextData(after: 0))
        #expect(data.contains(1 << 20) && data.upperBound <= (1 << 20) + 65536)
        #expect(try file.nextData(after: data.upperBound) == nil)
        #expect(try file.nextData(after: 3 << 20) == nil)
    }

    @Test func `a file that changes while it is read has another status`() throws {
        let scratch = Scratch()
        scratch.makeFile("f", "one")
        let file = try scratch.source().openFile(Array("f".utf8))
        #expect(try file.status() == file.opened)
        scratch.makeFile("f", "longer")
        #expect(try file.status() != file.opened)
    }

    @Test func `a directory that is also its own ancestor is a loop`() throws {
        let scratch = Scratch()
        scratch.makeDirectory("a")
        scratch.makeDirectory("a/b")
        let a = try DirectoryHandle(root: Array(scratch["a"].utf8))
        let b = try DirectoryHandle(Array("b".utf8), in: a)
        #expect(!a.isLoop && !b.isLoop)
        // What a bind mount of `a` on `a/b` looks like, made by exchanging the directories.
        prepared(rename(scratch["a/b"], scratch["b"]))
        prepared(rename(scratch["a"], scratch["b/a"]))
        let again = try DirectoryHandle(Array("a".utf8), in: b)
        #expect(again.isLoop)
    }

    @Test func `2100 levels are walked down and up with 16 descriptors`() throws {
        let scratch = Scratch()
        let name = Array("a-name-of-some-length".utf8)
        var targets = [
            try TargetDirectory.open(
                path: Array(scratch["deep"].utf8), create: true, openDirectoryCountMax: 16)
        ]
        for _ in 0..<2100 {
            targets.append(try targets[targets.count - 1].makeDirectory(entry(name, .directory)))
        }
        try targets[2100].put("bottom", "reached")
        for target in targets.dropFirst().reversed() {
            #expect(try target.finish(entry(name, .directory, mode: 0o750)).isEmpty)
        }
        #expect(targets[0].handle.cache.openCount <= 16)

        var sources = [
            try SourceDirectory.open(
                path: Array(scratch["deep"].utf8), openDirectoryCountMax: 16)
        ]
        for _ in 0..<2100 { sources.append(try sources[sources.count - 1].child(name)) }
        let file = try sources[2100].openFile(Array("bottom".utf8))
        #expect(file.path.count > 10 * Int(PATH_MAX))
        #expect(try file.contents() == Array("reached".utf8))
        for source in sources.dropLast().reversed() {
            #expect(try source.scan().entries.map(\.entry.mode) == [0o750])
        }
        #expect(targets[0].handle.cache.openCount <= 16)
    }

    @Test func `a directory that was replaced is noticed when it is opened again`() throws {
        let scratch = Scratch()
        for name in ["a", "b", "c"] { scratch.makeDirectory(name) }
        scratch.makeDirectory("outside")
        let root = try SourceDirectory.open(
            path: Array(scratch.path.utf8), openDirectoryCountMax: 1)
        let a = try root.child(Array("a".utf8))
        let b = try root.child(Array("b".utf8))
        _ = try root.child(Array("c".utf8))
        // Kept beside, so that its inode number is not given to the new one.
        prepared(rename(scratch["a"], scratch["old"]))
        scratch.makeDirectory("a")
        prepared(rename(scratch["b"], scratch["old-b"]))
        prepared(symlink("outside", scratch["b"]))
        #expect(throws: FileTreeError.replaced(path: Array(scratch["a"].utf8))) { try a.scan() }
        #expect(throws: FileTreeError.notADirectory(path: Array(scratch["b"].utf8))) {
            try b.scan()
        }
    }

    @Test func `link groups differ within a device and are stable`() {
        let groups = Set((0..<10_000).map { ScannedEntry.linkGroup(device: 7, inode: $0) })
        #expect(groups.count == 10_000)
        #expect(
            ScannedEntry.linkGroup(device: 7, inode: 1)
                == ScannedEntry.linkGroup(device: 7, inode: 1))
        #expect(
            ScannedEntry.linkGroup(device: 7, inode: 1)
                != ScannedEntry.linkGroup(device: 8, inode: 1))
    }
}
