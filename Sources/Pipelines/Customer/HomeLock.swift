internal import Glibc
internal import Model
internal import Synchronization

/// Holds a home for one process at a time, until it is released.
///
/// Who works in the background gives way: it marks `lock.background`; a command that finds the home
/// held by such a one marks `lock.wanted` and waits, and the other stops at its next safe point.
final class HomeLock: Sendable {
    private let descriptors: Mutex<[Int32]>
    private let home: Home
    /// How long a command waits for one that gives way: its next safe point is a block away.
    private static let waitMax: UInt64 = 30_000_000_000
    private static let waitStep: UInt64 = 50_000_000

    /// - Parameter isBackground: gives way to others when they ask.
    init(_ home: Home, isBackground: Bool = false) throws {
        self.home = home
        let descriptor = try HomeLock.open(home.lock)
        var held = [descriptor]
        do {
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                guard !isBackground, HomeLock.isMarked(home.backgroundLock),
                    try HomeLock.wait(for: descriptor, home)
                else {
                    throw Failure(
                        "BD-BUSY", .busy,
                        "Another bitdust command is using \(displayText(home.path))",
                        remedy: "wait until it is done, or stop it: nothing that it has stored is "
                            + "lost")
                }
            }
            if isBackground {
                let mark = try HomeLock.open(home.backgroundLock)
                held.append(mark)
                flock(mark, LOCK_EX)
            }
        } catch {
            for descriptor in held { close(descriptor) }
            throw error
        }
        self.descriptors = Mutex(held)
    }

    deinit {
        release()
    }

    /// Somebody waits for this one to give way.
    var isWanted: Bool { HomeLock.isMarked(home.wantedLock) }

    /// Lets others in. Unlocked and not only closed: a child process that is being started at this
    /// moment holds the same open file until it runs its own program.
    func release() {
        descriptors.withLock { open in
            for descriptor in open.reversed() {
                flock(descriptor, LOCK_UN)
                close(descriptor)
            }
            open = []
        }
    }

    private static func wait(for lock: Int32, _ home: Home) throws -> Bool {
        let mark = try open(home.wantedLock)
        defer { close(mark) }
        flock(mark, LOCK_SH)
        for _ in 0..<(waitMax / waitStep) {
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { return true }
            SystemPause.pause(nanoseconds: waitStep)
        }
        return false
    }

    /// Whether anybody holds this file.
    private static func isMarked(_ path: [UInt8]) -> Bool {
        guard let descriptor = try? open(path) else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }

    private static func open(_ path: [UInt8]) throws -> Int32 {
        let descriptor = path.withPath { Glibc.open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
        guard descriptor >= 0 else {
            let code = errno
            if code == ENOSPC || code == EDQUOT { throw Failure.homeFull(path) }
            throw Failure(
                "BD-HOME", .noPermission, "\(displayText(path)) cannot be opened",
                cause: String(cString: strerror(code)),
                remedy: "run as the user whose home it is")
        }
        return descriptor
    }
}
