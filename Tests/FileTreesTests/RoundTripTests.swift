import FileTrees
import Glibc
import Model
import Testing

/// Scan, restore, scan again: both pictures are equal.
struct RoundTripTests {
    private func roundTrip(_ scratch: Scratch) throws -> [MetadataIssue] {
        var copy = TreeCopy()
        try copy.copy(try scratch.source("a"), to: try scratch.target("b"))
        let before = try TreePicture(try scratch.source("a"))
        let after = try TreePicture(try scratch.source("b"))
        #expect(!before.items.isEmpty)
        #expect(before == after)
        return copy.issues
    }

    @Test func `files, directories, links and fifos come back with mode and time`() throws {
        let scratch = Scratch()
        scratch.makeDirectory("a")
        scratch.makeDirectory("a/empty", mode: 0o500)
        scratch.makeDirectory("a/sub")
        scratch.makeFile("a/empty-file")
        scratch.makeFile("a/sub/text", "text", mode: 0o400)
        prepared(chmod(scratch["a/sub/text"], 0o4750))
        prepared(chmod(scratch["a/sub"], 0o3711))
        prepared(symlink("/nowhere/\u{FF}", scratch["a/link"]))
        prepared(symlink("sub", scratch["a/to-directory"]))
        prepared(mkfifo(scratch["a/fifo"], 0o640))
        let times = [timespec(tv_sec: 1, tv_nsec: 1), timespec(tv_sec: -5, tv_nsec: 999_999_999)]
        prepared(utimensat(AT_FDCWD, scratch["a/sub/text"], times, 0))
        prepared(utimensat(AT_FDCWD, scratch["a/link"], times, AT_SYMLINK_NOFOLLOW))
        prepared(utimensat(AT_FDCWD, scratch["a/fifo"], times, 0))
        prepared(utimensat(AT_FDCWD, scratch["a/empty"], times, 0))
        #expect(try roundTrip(scratch).isEmpty)
    }

    @Test(.enabled(if: isRoot, "only root makes these"))
    func `owners, devices and sockets come back for root`() throws {
        let scratch = Scratch()
        scratch.makeDirectory("a")
        scratch.makeFile("a/owned", "x")
        prepared(chown(scratch["a/owned"], 1234, 5678))
        prepared(chmod(scratch["a/owned"], 0o6755))
        prepared(symlink("x", scratch["a/link"]))
        prepared(lchown(scratch["a/link"], 12, 34))
        prepared(mknod(scratch["a/null"], S_IFCHR | 0o666, dev_t(0x103)))
        prepared(mknod(scratch["a/disk"], S_IFBLK | 0o660, dev_t(0x0800_0001)))
        prepared(mknod(scratch["a/socket"], S_IFSOCK | 0o700, 0))
        #expect(try roundTrip(scratch).isEmpty)
    }

    @Test func `attributes and access control lists come back, also on read-only files`() throws {
        let scratch = Scratch()
        scratch.makeDirectory("a")
        scratch.makeDirectory("a/sub")
        scratch.makeFile("a/file", "x")
        let value: [UInt8] = [0, 1, 255, 0]
        for name in ["a/file", "a/sub"] {
            prepared(setxattr(scratch[name], "user.b", value, value.count, 0))
            prepared(setxattr(scratch[name], "user.a", value, 0, 0))
        }
        for name in ["a/file", "a/sub"] {
            prepared(
                setxattr(scratch[name], "system.posix_acl_access", ACL.bytes, ACL.bytes.count, 0))
        }
        prepared(
            setxattr(scratch["a/sub"], "system.posix_acl_default", ACL.bytes, ACL.bytes.count, 0))
        scratch.makeFile("a/sub/inherits", "y")
        prepared(removexattr(scratch["a/sub/inherits"], "system.posix_acl_access"))
        prepared(chmod(scratch["a/file"], 0o440))
        let attributes = try scratch.source("a").attributes(of: Array("file".utf8), kind: .file)
        let names = attributes.map { String(decoding: $0.name, as: UTF8.self) }
        #expect(names == ["system.posix_acl_access", "user.a", "user.b"])
        #expect(attributes[1].value.isEmpty && attributes[2].value == value)
        #expect(try roundTrip(scratch).isEmpty)
    }

    @Test(.enabled(if: isRoot, "trusted attributes are root's"))
    func `links, fifos and files keep trusted attributes`() throws {
        let scratch = Scratch()
        scratch.makeDirectory("a")
        prepared(symlink("nowhere", scratch["a/link"]))
        prepared(mkfifo(scratch["a/fifo"], 0o600))
        scratch.makeFile("a/file")
        for name in ["a/link", "a/fifo", "a/file"] {
            prepared(lsetxattr(scratch[name], "trusted.t", [7], 1, 0))
        }
        #expect(try roundTrip(scratch).isEmpty)
        #expect(lgetxattr(scratch["b/link"], "trusted.t", nil, 0) == 1)
    }

    @Test func `a list that the target hands down does not reach restored entries`() throws {
        let scratch = Scratch()
        scratch.makeDirectory("a")
        scratch.makeDirectory("a/sub")
        scratch.makeFile("a/sub/file")
        scratch.makeFile("a/file", "x")
        prepared(mkfifo(scratch["a/fifo"], 0o600))
        scratch.makeDirectory("b")
        prepared(setxattr(scratch["b"], "system.posix_acl_default", ACL.bytes, ACL.bytes.count, 0))
        #expect(try roundTrip(scratch).isEmpty)
    }

    @Test func `hard links stay together, also across directories`() throws {
        let scratch = Scratch()
        for name in ["a", "a/x", "a/y"] { scratch.makeDirectory(name) }
        scratch.makeFile("a/x/one", "content")
        scratch.makeFile("a/x/other", "content")
        prepared(link(scratch["a/x/one"], scratch["a/y/two"]))
        prepared(link(scratch["a/x/one"], scratch["a/three"]))
        prepared(link(scratch["a/x/other"], scratch["a/y/another"]))
        #expect(try roundTrip(scratch).isEmpty)
        let two = try #require(try scratch.source("b/y").entry(Array("two".utf8)))
        #expect(two.linkCount == 3)
    }

    @Test func `sparse files keep their holes and their bytes`() throws {
        let scratch = Scratch()
        scratch.makeDirectory("a")
        let file = open(scratch["a/sparse"], O_CREAT | O_WRONLY, 0o644)
        for offset in [0, 100_000, 1_000_001] {
            prepared(Int32(pwrite(file, "data", 4, offset)) - 4)
        }
        prepared(ftruncate(file, 4_000_000))
        close(file)
        scratch.makeFile("a/hole")
        prepared(truncate(scratch["a/hole"], 70_000))
        #expect(try roundTrip(scratch).isEmpty)
        let name = Array("sparse".utf8)
        let before = try #require(try scratch.source("a").entry(name))
        let after = try #require(try scratch.source("b").entry(name))
        #expect(before.entry.isSparse && after.allocatedBlocks == before.allocatedBlocks)
    }

    @Test func `names of every byte and of 255 bytes come back`() throws {
        let scratch = Scratch()
        scratch.makeDirectory("a")
        var names = (1...255).map { [UInt8($0)] }.filter { $0 != [0x2F] && $0 != [0x2E] }
        names += [[UInt8](repeating: 0xFF, count: 255), Array("...".utf8), [0x2E, 0x01]]
        for name in names {
            let path = Array("\(scratch["a"])/".utf8) + name + [0]
            let file = path.withUnsafeBytes {
                open($0.baseAddress!.assumingMemoryBound(to: CChar.self), O_CREAT | O_EXCL, 0o600)
            }
            prepared(close(file))
        }
        let listing = try scratch.source("a").scan()
        #expect(
            listing.entries.map(\.entry.name) == names.sorted { $0.lexicographicallyPrecedes($1) })
        #expect(try roundTrip(scratch).isEmpty)
    }
}

/// An access control list as the kernel keeps it: version 2, then tag, rights, id of each entry.
enum ACL {
    static let bytes: [UInt8] =
        [2, 0, 0, 0]
        + record(0x01, 6) + record(0x02, 4, id: 1000) + record(0x04, 4) + record(0x10, 4)
        + record(0x20, 0)

    private static func record(_ tag: UInt8, _ rights: UInt8, id: UInt32 = .max) -> [UInt8] {
        [tag, 0, rights, 0] + (0..<4).map { UInt8(truncatingIfNeeded: id >> (8 * $0)) }
    }
}
