internal import Glibc
package import Model
internal import Synchronization

/// Keeps a home for one node at a time, and tells others which process that is.
///
/// The lock is an open-file-description lock of the kernel: it is gone with its process however
/// that ends, and asking for it does not take it. The pid file says who holds it; it is written
/// after the lock is held and removed before it is released, so that it is right whenever the lock
/// is held.
///
/// - SeeAlso: fcntl(2), "Open file description locks".
package final class NodeLock: Sendable {
    private let descriptor: Mutex<Int32?>
    private let home: NodeHome
    /// F_OFD_GETLK and F_OFD_SETLK of <fcntl.h>, which Swift sees with _GNU_SOURCE only.
    private static let ask: Int32 = 36
    private static let take: Int32 = 37

    /// - Throws: `BD-NODE-RUNS` while another process has it, `BD-HOME` when it cannot be opened.
    package init(_ home: NodeHome) throws(Failure) {
        self.home = home
        let descriptor = open(home.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(
                "BD-HOME", .noPermission, "\(home.lock) cannot be opened",
                cause: String(cString: strerror(errno)), remedy: "run as the user whose home it is")
        }
        var range = NodeLock.wholeFile
        guard fcntl(descriptor, NodeLock.take, &range) == 0 else {
            close(descriptor)
            throw NodeLock.running(NodeLock.holder(home), home)
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Tells others that this process is the node and ready.
    package func announce() throws(Failure) {
        let file = open(home.processID, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        let text = "\(getpid())\n"
        let isWritten = file >= 0 && text.withCString { write(file, $0, strlen($0)) } > 0
        if file >= 0 { close(file) }
        guard isWritten else {
            throw Failure(
                "BD-FILE", .inputOutput, "\(home.processID): cannot write",
                cause: String(cString: strerror(errno)),
                remedy: "check the disk and the permissions of its directory")
        }
    }

    package func release() {
        descriptor.withLock { descriptor in
            guard let open = descriptor else { return }
            unlink(home.processID)
            close(open)
            descriptor = nil
        }
    }

    /// Whether some node holds `home` now.
    package static func isHeld(_ home: NodeHome) -> Bool {
        let descriptor = open(home.lock, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var range = wholeFile
        return fcntl(descriptor, ask, &range) == 0 && range.l_type != Int16(F_UNLCK)
    }

    /// The process that holds `home`; `nil` when none does, or while it is starting or stopping.
    package static func holder(_ home: NodeHome) -> Int32? {
        guard isHeld(home) else { return nil }
        let file = open(home.processID, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = read(file, &bytes, bytes.count)
        let digits = bytes.prefix(max(0, count)).prefix { (48...57).contains($0) }
        return Int32(String(decoding: digits, as: UTF8.self))
    }

    private static var wholeFile: flock {
        var range = flock()
        range.l_type = Int16(F_WRLCK)
        range.l_whence = Int16(SEEK_SET)
        return range
    }

    private static func running(_ holder: Int32?, _ home: NodeHome) -> Failure {
        Failure(
            "BD-NODE-RUNS", .busy,
            "main BitDust process already started: [\(holder.map(String.init) ?? "starting")]",
            cause: "it holds \(home.path)",
            remedy: "use it, or end it with `bitdust stop`, or name another home with --home")
    }
}
