import Glibc
import Testing

@testable import Networking

@Suite struct SystemdNotifierTests {
    @Test(arguments: [false, true])
    func `each message arrives, at paths and at abstract names`(isAbstract: Bool) throws {
        let path = "/tmp/bitdust-notify-test-\(getpid())"
        let listener = try NotifySocket(path: path, isAbstract: isAbstract)
        let environment = ["NOTIFY_SOCKET": isAbstract ? "@" + path : path]
        let notifier = try #require(SystemdNotifier(environment: environment, processID: 1))
        #expect(notifier.ready(status: "one\ntwo"))
        #expect(listener.next() == "READY=1\nSTATUS=one two")
        #expect(notifier.watchdog())
        #expect(listener.next() == "WATCHDOG=1")
        #expect(notifier.stopping())
        #expect(listener.next() == "STOPPING=1")
    }

    @Test func `without systemd there is nothing to tell`() {
        #expect(SystemdNotifier(environment: [:], processID: 1) == nil)
        for bad in ["", "/", "relative", "vsock:2:1", "/" + String(repeating: "a", count: 107)] {
            #expect(SystemdNotifier(environment: ["NOTIFY_SOCKET": bad], processID: 1) == nil)
        }
        let nobody = SystemdNotifier(
            environment: ["NOTIFY_SOCKET": "/nonexistent/socket"], processID: 1)
        #expect(nobody?.stopping() == false)
    }

    @Test func `the watchdog is fed twice as often as it asks, when it asks us`() {
        func interval(_ more: [String: String]) -> Duration? {
            let environment = ["NOTIFY_SOCKET": "/x"].merging(more) { $1 }
            return SystemdNotifier(environment: environment, processID: 77)?.watchdogInterval
        }
        #expect(interval([:]) == nil)
        #expect(interval(["WATCHDOG_USEC": "30000000"]) == .seconds(15))
        #expect(interval(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "77"]) == .seconds(15))
        #expect(interval(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "78"]) == nil)
        #expect(interval(["WATCHDOG_USEC": "x"]) == nil)
        #expect(interval(["WATCHDOG_USEC": "0"]) == nil)
    }
}

/// What systemd is in this: a unix datagram socket.
private final class NotifySocket {
    private let descriptor: Int32
    private let path: String?

    init(path: String, isAbstract: Bool) throws {
        self.path = isAbstract ? nil : path
        unlink(path)
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            bytes[(isAbstract ? 1 : 0)...].copyBytes(from: path.utf8)
        }
        let length = socklen_t(2 + path.utf8.count + 1)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length)
            }
        }
        try #require(status == 0)
    }

    deinit {
        close(descriptor)
        if let path { unlink(path) }
    }

    func next() -> String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }
}
