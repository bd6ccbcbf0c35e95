internal import Glibc
internal import Model

/// The directory of one user of this program: `~/.bitdust`.
///
/// ```
/// lock, lock.background, lock.wanted          see HomeLock
/// identity/machine.keys   what this machine may do: device key, repository key
/// identity/root.seed      only until it is saved in a key file
/// identity/root.keys, identity/document.xml   see OwnIdentity
/// catalog.sqlite          what is stored and where
/// suppliers/1 ... 4       the embedded network
/// ```
package struct Home: Sendable {
    /// Raw bytes, absolute.
    package let path: [UInt8]

    package init(path: [UInt8]) {
        self.path = path
    }

    var machineKeys: [UInt8] { file("identity/machine.keys") }
    var rootSeed: [UInt8] { file("identity/root.seed") }
    var catalog: [UInt8] { file("catalog.sqlite") }
    var lock: [UInt8] { file("lock") }
    var backgroundLock: [UInt8] { file("lock.background") }
    var wantedLock: [UInt8] { file("lock.wanted") }

    func supplier(_ number: Int) -> [UInt8] { file("suppliers/\(number)") }

    private func file(_ name: String) -> [UInt8] { joinPath(path, Array(name.utf8)) }

    /// Makes the directories, for this user alone.
    func create() throws {
        Home.makeDirectories(path)
        for name in ["identity", "suppliers"] { _ = file(name).withPath { mkdir($0, 0o700) } }
        guard file("identity").withPath({ access($0, W_OK | X_OK) }) == 0 else {
            let code = errno
            if code == ENOENT, HomeRoom(at: path)?.isFull == true { throw Failure.homeFull(path) }
            throw Failure(
                "BD-HOME", .cannotCreate, "\(displayText(path)) cannot be made or written to",
                cause: String(cString: strerror(code)),
                remedy: "name another directory with --home, or mend its permissions")
        }
    }
}

extension Home {
    /// Makes a directory and what is missing above it; what cannot be made shows on its first use.
    static func makeDirectories(_ path: [UInt8]) {
        var made: [UInt8] = []
        for component in path.split(separator: UInt8(ascii: "/")) {
            made += [UInt8(ascii: "/")] + component
            _ = made.withPath { mkdir($0, 0o700) }
        }
    }
}

extension Array where Element == UInt8 {
    /// Lends the path as a C string.
    func withPath<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        try (self + [0]).withUnsafeBytes {
            // A bound of 1 byte on both sides: CChar and UInt8 have one layout.
            try body($0.baseAddress!.assumingMemoryBound(to: CChar.self))
        }
    }
}
