import Glibc
import Simulation

/// Lays a tree with every kind of entry into the source of a station.
struct EveryKind {
    let root: String
    let random = SeededRandom(seed: 7)

    func make() {
        for name in ["empty", "files", "links", "other"] { Files.makeDirectory("\(root)/\(name)") }
        makeFiles()
        makeLinks()
        makeOthers()
        makeDeep()
        if isRoot { makeOwned() }
        makeTimes()
    }

    private func makeFiles() {
        for length in [0, 1, 4095, 32767, 32768, 32769, 524_288, 524_289, 1 << 20] {
            Files.write(random.bytes(length), to: "\(root)/files/\(length)")
        }
        Files.write(random.bytes((20 << 20) + 12345), to: "\(root)/files/noise")
        Files.write(random.text((21 << 20) + 77), to: "\(root)/files/text")
        Files.write([UInt8](repeating: 0, count: 3 << 20), to: "\(root)/files/zeros")
        let names: [[UInt8]] = [
            [0xE9, 0x20, 0x0A, 0xFF], Array(repeating: 0x6E, count: 255), Array("-rf *".utf8),
            Array("…".utf8), [1], Array(".#x~".utf8),
        ]
        for (number, name) in names.enumerated() {
            let path = Array("\(root)/files/".utf8) + name
            let file = path.withCString { open($0, O_CREAT | O_WRONLY, 0o640) }
            prepared(file)
            prepared(Glibc.write(file, "\(number)", 1))
            close(file)
        }
    }

    private func makeLinks() {
        Files.write("two names", to: "\(root)/links/first")
        prepared(link("\(root)/links/first", "\(root)/links/second"))
        prepared(link("\(root)/links/first", "\(root)/other/third"))
        prepared(link("\(root)/files/noise", "\(root)/links/noise"))
        prepared(symlink("../files/text", "\(root)/links/to text"))
        prepared(symlink("nowhere/at all", "\(root)/links/dangling"))
        prepared(symlink("/etc/passwd", "\(root)/links/absolute"))
        prepared(symlink("..", "\(root)/links/loop"))
    }

    private func makeOthers() {
        prepared(mkfifo("\(root)/other/pipe", 0o640))
        let sparse = open("\(root)/other/sparse", O_CREAT | O_WRONLY, 0o600)
        prepared(sparse)
        prepared(ftruncate(sparse, 5 << 20))
        prepared(pwrite(sparse, "middle", 6, 2 << 20))
        close(sparse)
        Files.write("marked", to: "\(root)/other/marked")
        let value = random.bytes(300)
        prepared(lsetxattr("\(root)/other/marked", "user.test", value, value.count, 0))
        prepared(lsetxattr("\(root)/other/marked", "user.empty", value, 0, 0))
        prepared(lsetxattr("\(root)/empty", "user.folder", value, 10, 0))
        for (name, mode) in [("suid", 0o4755), ("none", 0o000), ("all", 0o777)] {
            Files.write(name, to: "\(root)/other/\(name)")
            prepared(chmod("\(root)/other/\(name)", mode_t(mode)))
        }
    }

    /// Forty levels of names of 120 bytes: longer than any path a system call takes.
    private func makeDeep() {
        var directory = open(root, O_RDONLY | O_DIRECTORY)
        prepared(directory)
        for level in 0..<40 {
            let name = String(repeating: "d", count: 118) + "\(level + 10)"
            prepared(mkdirat(directory, name, 0o755))
            let next = openat(directory, name, O_RDONLY | O_DIRECTORY)
            prepared(next)
            close(directory)
            directory = next
        }
        let file = openat(directory, "bottom", O_CREAT | O_WRONLY, 0o644)
        prepared(file)
        prepared(Glibc.write(file, "deep", 4))
        close(file)
        close(directory)
    }

    private func makeOwned() {
        Files.write("owned", to: "\(root)/other/owned")
        prepared(lchown("\(root)/other/owned", 1234, 4321))
        prepared(mknod("\(root)/other/device", S_IFCHR | 0o620, 0x103))
    }

    private func makeTimes() {
        for (number, name) in ["files/1", "links/dangling", "other/pipe", "empty"].enumerated() {
            Files.touch(
                "\(root)/\(name)", seconds: 1_000_000_000 - number,
                nanoseconds: 123_456_789 + number)
        }
        prepared(chmod("\(root)/empty", 0o1777))
        prepared(chmod("\(root)/links", 0o555))
    }
}
