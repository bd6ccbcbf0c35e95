import Dispatch
import Glibc
import Model
import Testing

@testable import FileTrees

@Suite struct DescriptorTests {

    @Test func `a descriptor in use outlives its place in the cache`() throws {
        let scratch = Scratch()
        for name in ["one", "two"] { scratch.makeDirectory(name) }
        let root = try DirectoryHandle(root: Array(scratch.path.utf8), openCountMax: 1)
        let one = try DirectoryHandle(Array("one".utf8), in: root)
        let two = try DirectoryHandle(Array("two".utf8), in: root)
        for _ in 0..<100 {
            let inode = try one.descriptor().with { number in
                // Takes the only place, so that nobody but this call holds the first any more.
                _ = try two.descriptor()
                var status = stat()
                #expect(fstat(number, &status) == 0)
                return UInt64(status.st_ino)
            }
            #expect(inode == one.identity.inode)
        }
    }

    @Test func `directories finished by many threads get their own times`() throws {
        let scratch = Scratch()
        let target = try scratch.target()
        // More than the cache holds, so that descriptors are closed under those who use them.
        let count = 4 * Limits.openDirectoryCountMax
        let entries = (0..<count).map { index in
            TreeEntry(
                name: Array("d\(index)".utf8), kind: .directory, mode: 0o755,
                userID: getuid(), groupID: getgid(),
                modified: FileTime(seconds: Int64(1_000_000 + index), nanoseconds: 7))
        }
        let directories = try entries.map { try target.makeDirectory($0) }
        DispatchQueue.concurrentPerform(iterations: count) { index in
            do {
                _ = try directories[index].finish(entries[index])
            } catch {
                Issue.record(error)
            }
        }
        for entry in entries {
            #expect(try target.existing(entry.name)?.entry.modified == entry.modified)
        }
    }
}
