import Glibc
import Model
import Synchronization
import Testing

@testable import FileTrees

struct TargetTests {
    static let hostileNames: [[UInt8]] = [
        [], Array(".".utf8), Array("..".utf8), Array("/".utf8), Array("/etc/passwd".utf8),
        Array("../outside".utf8), Array("a/b".utf8), Array("a/../../outside".utf8), [0],
        Array("a".utf8) + [0], Array("sub/".utf8), [UInt8](repeating: 0x61, count: 256),
    ]

    @Test(arguments: hostileNames)
    func `names that are no single component are refused by every call`(_ name: [UInt8]) throws {
        let scratch = Scratch()
        let target = try scratch.target("t")
        let refused = FileTreeError.unsafeName(name)
        #expect(throws: refused) { try target.beginFile(entry(name)) }
        #expect(throws: refused) { try target.makeDirectory(entry(name, .directory)) }
        var link = entry(name, .symbolicLink)
        link.linkTarget = Array("x".utf8)
        #expect(throws: refused) { try target.makeSymbolicLink(link) }
        #expect(throws: refused) { try target.makeFifo(entry(name, .fifo)) }
        #expect(throws: refused) { try target.remove(name) }
        #expect(throws: refused) { try target.existing(name) }
        #expect(throws: refused) { try target.repairMetadata(entry(name)) }
        #expect(throws: refused) { try target.openFile(name) }
        try target.put("good", "x")
        let good = Array("good".utf8)
        #expect(throws: refused) { try target.makeHardLink(name, to: (target, good)) }
        #expect(throws: refused) { try target.makeHardLink(good, to: (target, name)) }
        #expect(throws: refused) { try scratch.source("t").child(name) }
        #expect(try scratch.names("t") == ["good"])
        #expect(try scratch.names() == ["t"])
    }

    @Test func `links in place of directories and files are never followed`() throws {
        let scratch = Scratch()
        scratch.makeDirectory("outside", mode: 0o755)
        scratch.makeFile("outside/file", "untouched")
        let target = try scratch.target("t")
        prepared(symlink("../outside", scratch["t/sub"]))
        prepared(symlink("../outside/file", scratch["t/file"]))
        #expect(throws: FileTreeError.notADirectory(path: Array(scratch["t/sub"].utf8))) {
            try target.makeDirectory(entry("sub", .directory))
        }
        try target.put("file", "restored")
        #expect(scratch.text("outside/file") == "untouched")
        #expect(scratch.text("t/file") == "restored")
        #expect(try target.existing(Array("file".utf8))?.entry.kind == .file)
        #expect(throws: FileTreeError.replaced(path: Array(scratch["t/sub"].utf8))) {
            try target.repairMetadata(entry("sub", .directory, mode: 0o700))
        }
        try target.remove(Array("sub".utf8))
        try target.makeDirectory(entry("sub", .directory)).put("new", "x")
        #expect(try scratch.names("outside") == ["file"])
    }

    @Test func `a directory exchanged for a link while files are written leads nowhere`()
        async throws
    {
        let scratch = Scratch()
        scratch.makeDirectory("outside")
        scratch.makeDirectory("t")
        prepared(symlink("../outside", scratch["t/trap"]))
        let stop = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !stop.isSet.load(ordering: .relaxed) {
                    // The link takes the name of the directory and gives it back.
                    _ = rename(scratch["t/sub"], scratch["t/kept"])
                    _ = rename(scratch["t/trap"], scratch["t/sub"])
                    _ = rename(scratch["t/sub"], scratch["t/trap"])
                    _ = rename(scratch["t/kept"], scratch["t/sub"])
                }
            }
            group.addTask {
                defer { stop.isSet.store(true, ordering: .relaxed) }
                let target = try TargetDirectory.open(
                    path: Array(scratch["t"].utf8), create: false, openDirectoryCountMax: 1)
                for round in 0..<300 {
                    do {
                        let sub = try target.makeDirectory(entry("sub", .directory))
                        _ = try target.makeDirectory(entry("evicts", .directory))
                        try sub.put("f\(round % 8)", "x")
                    } catch is FileTreeError {
                        // Which error it is depends on the moment.
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try scratch.names("outside").isEmpty)
        try scratch.target("t").makeDirectory(entry("sub", .directory)).put("last", "x")
        #expect(scratch.text("t/sub/last") == "x")
    }

    @Test func `a target that is a file is said to be no directory`() throws {
        let scratch = Scratch()
        scratch.makeFile("file", "x")
        for name in ["file", "file/below"] {
            #expect(throws: FileTreeError.notADirectory(path: Array(scratch[name].utf8))) {
                try scratch.target(name)
            }
        }
        #expect(scratch.text("file") == "x")
        let missing = Array(scratch["no/such"].utf8)
        #expect(throws: FileTreeError.system(.open, path: missing, errno: ENOENT)) {
            try TargetDirectory.open(path: missing, create: false)
        }
        try scratch.target("no/such/either").put("made", "x")
        #expect(scratch.text("no/such/either/made") == "x")
    }

    @Test func `each policy decides by kind, size and time`() throws {
        let scratch = Scratch()
        let target = try scratch.target()
        try target.put("f", "same")
        let old = try target.existing(Array("f".utf8))
        let same = entry("f", size: 4)
        var later = same
        later.modified = FileTime(seconds: 1_234_567_890, nanoseconds: 123_456_790)
        let longer = entry("f", size: 5)
        let other = entry("f", .fifo)
        for policy in OverwritePolicy.allCases {
            #expect(policy.replaces(nil, with: same))
            #expect(policy.replaces(old, with: same) == (policy == .always))
            for changed in [later, longer, other] {
                #expect(policy.replaces(old, with: changed) == (policy != .never))
            }
        }
    }

    @Test func `a file is replaced only as a whole, and an abandoned one leaves nothing`() throws {
        let scratch = Scratch()
        let target = try scratch.target()
        try target.put("f", "old")
        var file: TargetFile? = try target.beginFile(entry("f", size: 6))
        try file?.put(Array("new".utf8))
        #expect(scratch.text("f") == "old")
        #expect(throws: FileTreeError.incomplete(path: Array(scratch["f"].utf8), have: 3, need: 6))
        {
            try file?.commit()
        }
        file = nil
        #expect(try scratch.names() == ["f"] && scratch.text("f") == "old")
        try target.put("f", "replaced")
        #expect(scratch.text("f") == "replaced")
    }

    @Test func `bytes past the size are refused and written bytes read back`() throws {
        let scratch = Scratch()
        let file = try scratch.target().beginFile(entry("f", size: 4))
        #expect(throws: FileTreeError.self) { try file.put([1, 2], at: 3) }
        #expect(throws: FileTreeError.self) { try file.put([1], at: .max) }
        try file.put([3, 4], at: 2)
        try file.put([1, 2], at: 0)
        var back = [UInt8](repeating: 0, count: 8)
        #expect(try back.withUnsafeMutableBytes { try file.read(into: $0, at: 0) } == 4)
        #expect(back == [1, 2, 3, 4, 0, 0, 0, 0])
        #expect(try file.commit().isEmpty)
    }

    @Test func `bytes written twice do not stand for those missing`() throws {
        let scratch = Scratch()
        let file = try scratch.target().beginFile(entry("f", size: 4))
        try file.put([1, 2])
        try file.put([1, 2])
        #expect(throws: FileTreeError.self) { try file.commit() }
    }

    @Test func `a directory in place of a file is kept and named`() throws {
        let scratch = Scratch()
        let target = try scratch.target()
        scratch.makeDirectory("d")
        let path = Array(scratch["d"].utf8)
        #expect(throws: FileTreeError.isADirectory(path: path)) { try target.put("d", "x") }
        #expect(throws: FileTreeError.isADirectory(path: path)) {
            try target.makeFifo(entry("d", .fifo))
        }
        #expect(throws: FileTreeError.isADirectory(path: path)) {
            try target.remove(Array("d".utf8))
        }
        #expect(try scratch.names() == ["d"])
    }

    @Test func `in a new directory a name that is taken is an error`() throws {
        let scratch = Scratch()
        let sub = try scratch.target().makeDirectory(entry("sub", .directory))
        #expect(sub.isNew)
        try sub.put("f", "first")
        #expect(throws: FileTreeError.nameTaken(path: Array(scratch["sub/f"].utf8))) {
            try sub.put("f", "second")
        }
        #expect(scratch.text("sub/f") == "first")
        #expect(try scratch.names("sub") == ["f"])
    }

    @Test func `leftovers of a killed restore go, those of a living one and others stay`() throws {
        let scratch = Scratch()
        for name in ["", "sub/"] {
            if !name.isEmpty { scratch.makeDirectory("sub") }
            scratch.makeFile("\(name).bitdust-restore-0123456789abcdef", "half")
            scratch.makeFile("\(name).bitdust-restore-0123456789abcdeX", "mine")
            prepared(symlink("x", scratch["\(name).bitdust-restore-00000000000000ff"]))
        }
        let target = try scratch.target()
        let living = try target.beginFile(entry("living", size: 1))
        _ = try scratch.target().makeDirectory(entry("sub", .directory))
        let expected = [".bitdust-restore-0123456789abcdeX"]
        #expect(try scratch.names("sub") == expected)
        #expect(try scratch.names().count == 3)
        try living.put([1])
        #expect(try living.commit().isEmpty)
        #expect(try scratch.names() == expected + ["living", "sub"])
    }

    @Test func `a hard link replaces what is there and refuses what is no file`() throws {
        let scratch = Scratch()
        let target = try scratch.target()
        try target.put("one", "1")
        try target.put("two", "2")
        prepared(symlink("/etc/passwd", scratch["link"]))
        let one = Array("one".utf8)
        try target.makeHardLink(Array("two".utf8), to: (target, one))
        try target.makeHardLink(Array("two".utf8), to: (target, one))
        #expect(scratch.text("two") == "1")
        #expect(try target.existing(one)?.linkCount == 2)
        #expect(throws: FileTreeError.notAFile(path: Array(scratch["link"].utf8))) {
            try target.makeHardLink(Array("three".utf8), to: (target, Array("link".utf8)))
        }
        #expect(try scratch.names() == ["link", "one", "two"])
    }
}
