import Glibc
import Model
import Testing

@testable import FileTrees

struct MetadataTests {
    private let scratch = Scratch()

    private func status(_ name: String) throws -> TreeEntry {
        try #require(try scratch.target().existing(Array(name.utf8))).entry
    }

    @Test(.enabled(if: isRoot, "becomes another user"))
    func `what another user may not set is reported and setuid is left out`() throws {
        prepared(chmod(scratch.path, 0o777))
        try asNobody {
            let target = try scratch.target()
            var file = entry("f", mode: 0o6755)
            file.userID = 0
            file.attributes = [
                ExtendedAttribute(name: Array("security.capability".utf8), value: [1]),
                ExtendedAttribute(name: Array("trusted.x".utf8), value: [1]),
                ExtendedAttribute(name: Array("user.x".utf8), value: [1]),
            ]
            let issues = try target.beginFile(file).commit()
            #expect(issues.contains(.owner(errno: EPERM)))
            #expect(issues.contains(.attribute(name: file.attributes[0].name, errno: EPERM)))
            #expect(issues.contains(.attribute(name: file.attributes[1].name, errno: EPERM)))
            #expect(issues.count == 3)
            let restored = try status("f")
            #expect(restored.mode == 0o755 && restored.userID == 65534)
            #expect(restored.modified == file.modified)
            let names = try target.openFile(file.name).attributes().map(\.name)
            #expect(names == [Array("user.x".utf8)])
        }
    }

    @Test(.enabled(if: isRoot, "becomes another user"))
    func `devices are skipped for other users and fifos are not`() throws {
        prepared(chmod(scratch.path, 0o777))
        try asNobody {
            let target = try scratch.target()
            var device = entry("null", .characterDevice)
            device.deviceNumber = 0x103
            #expect(try target.makeSpecial(device) == [.skipped(.characterDevice)])
            #expect(try target.makeFifo(entry("fifo", .fifo)).isEmpty)
            #expect(try scratch.names() == ["fifo"])
        }
    }

    @Test(.enabled(if: isRoot, "becomes another user"))
    func `a read-only directory of an interrupted restore is filled and finished`() throws {
        prepared(chmod(scratch.path, 0o777))
        try asNobody {
            for mode: UInt16 in [0o500, 0o300, 0] {
                let root = try scratch.target()
                var sub = entry("sub\(mode)", .directory, mode: mode)
                sub.userID = 65534
                sub.groupID = 65534
                let first = try root.makeDirectory(sub)
                #expect(try first.finish(sub).isEmpty)
                let second = try root.makeDirectory(sub)
                #expect(!second.isNew)
                _ = try second.put("f", "x")
                #expect(try second.finish(sub).isEmpty)
                #expect(try status("sub\(mode)") == sub)
            }
        }
    }

    @Test func `an owner that means no change to the kernel gives no setuid`() throws {
        var file = entry("f", mode: 0o4755)
        file.userID = .max
        #expect(try scratch.target().beginFile(file).commit() == [.owner(errno: EINVAL)])
        #expect(try status("f").mode == 0o755)
    }

    @Test func `a directory is private until it is finished`() throws {
        let sub = entry("sub", .directory, mode: 0o777)
        let directory = try scratch.target().makeDirectory(sub)
        #expect(try status("sub").mode == 0o700)
        try directory.put("f", "x")
        #expect(try directory.finish(sub).isEmpty)
        #expect(try status("sub") == sub)
    }

    @Test func `an existing directory gets the attributes of its entry and loses others`() throws {
        scratch.makeDirectory("sub")
        prepared(setxattr(scratch["sub"], "user.old", [1], 1, 0))
        prepared(
            setxattr(scratch["sub"], "system.posix_acl_default", ACL.bytes, ACL.bytes.count, 0))
        var sub = entry("sub", .directory, mode: 0o750)
        sub.attributes = [ExtendedAttribute(name: Array("user.new".utf8), value: [2])]
        let directory = try scratch.target().makeDirectory(sub)
        #expect(try directory.finish(sub).isEmpty)
        let found = try scratch.source().attributes(of: sub.name, kind: .directory)
        #expect(found == sub.attributes)
    }

    @Test func `metadata of a kept file is mended, of one with other names refused`() throws {
        let target = try scratch.target()
        try target.put("f", "kept", mode: 0o600)
        prepared(setxattr(scratch["f"], "user.old", [1], 1, 0))
        var wanted = entry("f", mode: 0o444, size: 4)
        wanted.attributes = [ExtendedAttribute(name: Array("user.new".utf8), value: [2])]
        #expect(try target.repairMetadata(wanted).isEmpty)
        wanted.attributes = []
        #expect(try status("f") == wanted)
        #expect(scratch.text("f") == "kept")
        prepared(link(scratch["f"], scratch["g"]))
        #expect(throws: FileTreeError.replaced(path: Array(scratch["f"].utf8))) {
            try target.repairMetadata(entry("f", mode: 0o777, size: 4))
        }
        #expect(try status("g").mode == 0o444)
    }

    @Test func `sparse writes at any offset give the bytes back`() throws {
        let target = try scratch.target()
        var generator = SplitMix(state: 42)
        for round in 0..<40 {
            var file = entry("f\(round)", size: UInt64(generator.next() % 40_000))
            file.isSparse = true
            var bytes = [UInt8](repeating: 0, count: Int(file.size))
            for _ in 0..<6 where !bytes.isEmpty {
                bytes[Int(generator.next() % file.size)] = UInt8(
                    truncatingIfNeeded: generator.next())
            }
            let written = try target.beginFile(file)
            var offset = 0
            while offset < bytes.count {
                let end = min(bytes.count, offset + 1 + Int(generator.next() % 9000))
                try written.put(Array(bytes[offset..<end]), at: UInt64(offset))
                offset = end
            }
            #expect(try written.commit().isEmpty)
            #expect(try target.openFile(file.name).contents() == bytes)
        }
    }

    @Test func `synchronize reaches the disk of the target`() throws {
        try scratch.target().synchronize()
    }
}

/// - SeeAlso: Steele, Lea, Flood, “Fast splittable pseudorandom number generators”, 2014.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
