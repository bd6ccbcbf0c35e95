internal import Glibc
internal import Model
internal import Synchronization

/// The directory of one user of this program: `~/.bitdust`.
///
/// ```
/// lock                    held while a command runs
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

    func supplier(_ number: Int) -> [UInt8] { file("suppliers/\(number)") }

    private func file(_ name: String) -> [UInt8] { joinPath(path, Array(name.utf8)) }

    /// Makes the directories, for this user alone.
    func create() throws {
        Home.makeDirectories(path)
        for name in ["identity", "suppliers"] { _ = file(name).withPath { mkdir($0, 0o700) } }
        guard file("identity").withPath({ access($0, W_OK | X_OK) }) == 0 else {
            throw Failure(
                "BD-HOME", .cannotCreate, "\(displayText(path)) cannot be made or written to",
                cause: String(cString: strerror(errno)),
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

/// Holds a home for one process at a time, until it is released.
final class HomeLock: Sendable {
    private let descriptor: Mutex<Int32?>

    init(_ home: Home) throws {
        let descriptor = home.lock.withPath { open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
        guard descriptor >= 0 else {
            throw Failure(
                "BD-HOME", .noPermission, "\(displayText(home.lock)) cannot be opened",
                cause: String(cString: strerror(errno)),
                remedy: "run as the user whose home it is")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Failure(
                "BD-BUSY", .busy, "Another bitdust command is using \(displayText(home.path))",
                remedy: "wait until it is done, or stop it: nothing that it has stored is lost")
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        release()
    }

    /// Lets others in. Unlocked and not only closed: a child process that is being started at this
    /// moment holds the same open file until it runs its own program.
    func release() {
        descriptor.withLock { descriptor in
            guard let open = descriptor else { return }
            flock(open, LOCK_UN)
            close(open)
            descriptor = nil
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
