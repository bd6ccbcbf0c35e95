internal import Glibc
internal import Model
internal import Synchronization

/// A bound UDP socket: how it is made, and its sending half.
///
/// The library that reads closes a socket on which a send failed, such as for want of a route. A
/// node whose network is away for a minute must keep its port, so sends go past the library,
/// through a descriptor of their own, and every failure is only counted.
final class DatagramSocket: Sendable {
    /// Where IPv4 peers are `::ffff:1.2.3.4`.
    private let isIPv6: Bool
    private let state: Mutex<State>

    private struct State {
        /// `nil` once closed.
        var descriptor: Int32?
        var counts = DatagramCounts()
    }

    /// Duplicates `descriptor` for sending.
    init(sendingThrough descriptor: Int32, isIPv6: Bool) throws(NetworkError) {
        let own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard own >= 0 else { throw .system(errno: errno) }
        self.isIPv6 = isIPv6
        state = Mutex(State(descriptor: own))
    }

    deinit { close() }

    var counts: DatagramCounts { state.withLock { $0.counts } }

    func count(received: Int, tooLong: Int) {
        state.withLock { state in
            state.counts.received += received
            state.counts.tooLong += tooLong
        }
    }

    func send(_ bytes: [UInt8], to endpoint: Endpoint) {
        let isV4 = if case .v4 = endpoint.address { true } else { false }
        state.withLock { state in
            guard let descriptor = state.descriptor, isV4 || isIPv6, endpoint.port != 0,
                bytes.count <= Limits.datagramLengthMax
            else {
                state.counts.notSent += 1
                return
            }
            let sent = SocketAddresses.withKernelAddress(endpoint, mapped: isIPv6) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT), $0, $1)
            }
            if sent == bytes.count {
                state.counts.sent += 1
            } else {
                state.counts.notSent += 1
            }
        }
    }

    func close() {
        state.withLock { state in
            if let descriptor = state.descriptor { _ = Glibc.close(descriptor) }
            state.descriptor = nil
        }
    }

    /// A socket bound to `endpoint`, which the caller must close.
    ///
    /// `[::]` takes IPv4 too.
    static func bound(to endpoint: Endpoint) throws(NetworkError) -> Int32 {
        let isIPv6 = if case .v6 = endpoint.address { true } else { false }
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, type, 0)
        guard descriptor >= 0 else { throw .system(errno: errno) }
        if isIPv6 {
            set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, endpoint.address == .v6(0, 0) ? 0 : 1)
        }
        // The first needs a capability and passes the system's limit; without it the second takes
        // what that limit allows.
        let length = Int32(Limits.datagramReceiveBufferLength)
        if !set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, length) {
            set(descriptor, SOL_SOCKET, SO_RCVBUF, length)
        }
        set(descriptor, SOL_SOCKET, SO_SNDBUF, Int32(Limits.datagramSendBufferLength))
        let status = SocketAddresses.withKernelAddress(endpoint, mapped: false) {
            bind(descriptor, $0, $1)
        }
        guard status == 0 else {
            let code = errno
            _ = Glibc.close(descriptor)
            throw NetworkError(binding: endpoint, errno: code)
        }
        return descriptor
    }

    @discardableResult
    private static func set(
        _ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32
    ) -> Bool {
        withUnsafePointer(to: value) {
            setsockopt(descriptor, level, option, $0, socklen_t(MemoryLayout<Int32>.size)) == 0
        }
    }
}
