import Foundation
import Glibc
import Model
import Synchronization

/// Listens on loopback in front of somebody else, and lends both ends of each connection to whoever
/// passes bytes on in its own way.
final class RelaySocket: Sendable {
    let port: UInt16
    private let socket: Int32
    private let open = Mutex<[Int32]>([])
    private let isOpen = Mutex(true)

    var endpoint: Endpoint { Endpoint(.v4(127 << 24 | 1), port: port) }

    init() throws {
        (socket, port) = try Loopback.listen()
    }

    /// Takes connections on a thread of its own.
    ///
    /// - Parameter joined: gets who has dialled and who is at `target`; neither is closed before
    ///   the process ends: they are few.
    func relay(
        to target: UInt16, _ joined: @escaping @Sendable (_ dialler: Int32, Int32) -> Void
    ) {
        Thread { [self] in
            while true {
                let dialler = Glibc.accept(socket, nil, nil)
                guard dialler >= 0 else { return }
                guard let listener = Loopback.connect(to: target) else {
                    Glibc.close(dialler)
                    continue
                }
                open.withLock { $0 += [dialler, listener] }
                joined(dialler, listener)
            }
        }.start()
    }

    /// Ends all connections; only the first time counts.
    func close() {
        let wasOpen = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        guard wasOpen else { return }
        shutdown(socket, Int32(SHUT_RDWR))
        Glibc.close(socket)
        for one in open.withLock({ $0 }) { shutdown(one, Int32(SHUT_RDWR)) }
    }
}
