import Glibc
import Model

@testable import Networking

/// Sends datagrams longer than a ``UDPPort`` would.
final class LongSender {
    private let descriptor: Int32

    init() throws {
        descriptor = try DatagramSocket.bound(to: loopback)
    }

    deinit { close(descriptor) }

    func send(count: Int, to endpoint: Endpoint) {
        let bytes = [UInt8](repeating: 1, count: count)
        _ = SocketAddresses.withKernelAddress(endpoint, mapped: false) {
            sendto(descriptor, bytes, count, 0, $0, $1)
        }
    }
}
