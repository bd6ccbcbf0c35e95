internal import Glibc

/// Tells systemd how the node is: the protocol of sd_notify(3), one datagram for each message.
///
/// Without `NOTIFY_SOCKET` it does nothing.
package struct ServiceNotifier: Sendable {
    private let socketName: [UInt8]?
    /// How often ``Message/alive`` is due, half of what systemd waits; `nil` when it does not.
    package let aliveIntervalNanoseconds: UInt64?

    package enum Message: Sendable {
        case ready(status: String)
        case status(String)
        case reloading(uptimeNanoseconds: UInt64)
        case stopping
        case alive

        var text: String {
            switch self {
            case .ready(let status): "READY=1\nSTATUS=\(status)"
            case .status(let status): "STATUS=\(status)"
            case .reloading(let uptime): "RELOADING=1\nMONOTONIC_USEC=\(uptime / 1000)"
            case .stopping: "STOPPING=1\nSTATUS=stopping"
            case .alive: "WATCHDOG=1"
            }
        }
    }

    package init(variable: (String) -> String?) {
        let name = variable("NOTIFY_SOCKET").map { Array($0.utf8) }
        let isUsable = name.map { $0.count > 1 && $0.count < 108 && "/@".utf8.contains($0[0]) }
        socketName = isUsable == true ? name : nil
        let isOurs = variable("WATCHDOG_PID").map { $0 == String(getpid()) } ?? true
        aliveIntervalNanoseconds =
            isOurs
            ? variable("WATCHDOG_USEC").flatMap(UInt64.init).map { max(1, $0 / 2) * 1000 } : nil
    }

    package static var ofProcess: ServiceNotifier {
        ServiceNotifier { name in getenv(name).map { String(cString: $0) } }
    }

    /// There is nobody to tell when it fails.
    package func send(_ message: Message) {
        guard let socketName else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: socketName)
            // An at sign stands for the zero byte of an abstract name.
            if socketName[0] == UInt8(ascii: "@") { path[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + socketName.count)
        let bytes = Array(message.text.utf8)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bytes.withUnsafeBytes {
                    sendto(
                        descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL), address,
                        length)
                }
            }
        }
    }
}
