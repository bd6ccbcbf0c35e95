internal import Glibc

/// Tells systemd how a service of `Type=notify` is, by datagrams to a unix socket.
///
/// - SeeAlso: sd_notify(3).
package struct SystemdNotifier: Sendable {
    /// Half of what the unit's `WatchdogSec` allows; `nil` when nobody watches.
    package let watchdogInterval: Duration?

    private let path: String

    /// - Parameter environment: `NOTIFY_SOCKET`, a path or `@` and an abstract name;
    ///   `WATCHDOG_USEC` and `WATCHDOG_PID`.
    /// - Returns: `nil` when systemd does not ask to be told.
    package init?(environment: [String: String], processID: Int32) {
        guard let path = environment["NOTIFY_SOCKET"], path.hasPrefix("/") || path.hasPrefix("@"),
            (2...107).contains(path.utf8.count)
        else { return nil }
        self.path = path
        let isForUs = environment["WATCHDOG_PID"].map { $0 == String(processID) } ?? true
        if isForUs, let microseconds = environment["WATCHDOG_USEC"].flatMap(Int64.init),
            microseconds > 0
        {
            watchdogInterval = .microseconds(microseconds) / 2
        } else {
            watchdogInterval = nil
        }
    }

    /// The service is ready; `status` is shown by `systemctl status`.
    @discardableResult
    package func ready(status: String) -> Bool { send("READY=1\nSTATUS=\(oneLine(status))") }

    @discardableResult
    package func stopping() -> Bool { send("STOPPING=1") }

    /// Alive: at least once in each ``watchdogInterval``.
    @discardableResult
    package func watchdog() -> Bool { send("WATCHDOG=1") }

    private func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }

    /// Never waits. Nothing depends on whether it arrives: systemd acts when it does not.
    private func send(_ text: String) -> Bool {
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            bytes.copyBytes(from: path.utf8)
            // An abstract name begins with a zero byte and ends with the address.
            if path.hasPrefix("@") { bytes[0] = 0 }
        }
        let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        let length = socklen_t(start + path.utf8.count + (path.hasPrefix("@") ? 0 : 1))
        let bytes = Array(text.utf8)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
                    == bytes.count
            }
        }
    }
}
