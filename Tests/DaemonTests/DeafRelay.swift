import Foundation
import Glibc
import Model
import Synchronization

/// Somebody in front of a listener on loopback who stops reading from one of the two ends: to the
/// other end's peer it looks as if that one sent nothing more, to the one itself as if nobody read.
final class DeafRelay: Sendable {
    enum End: Sendable {
        case dialler
        case listener
    }

    private let socket: RelaySocket
    private let byteCount: Int
    private let deafCount = Mutex(0)

    var endpoint: Endpoint { socket.endpoint }

    /// - Parameters:
    ///   - deaf: from whom nothing is read any more.
    ///   - byteCount: so many bytes of it are, on each connection.
    init(before target: UInt16, deafTo deaf: End, behind byteCount: Int) throws {
        self.byteCount = byteCount
        socket = try RelaySocket()
        socket.relay(to: target) { [self] dialler, listener in
            for (from, to, isDeaf) in [
                (dialler, listener, deaf == .dialler), (listener, dialler, deaf == .listener),
            ] {
                Thread { [self] in pass(from, to, isDeaf: isDeaf) }.start()
            }
        }
    }

    /// Connections on which it reads no more.
    var deafConnectionCount: Int { deafCount.withLock { $0 } }

    func close() { socket.close() }

    private func pass(_ from: Int32, _ to: Int32, isDeaf: Bool) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        var count = 0
        while true {
            if isDeaf, count >= byteCount {
                deafCount.withLock { $0 += 1 }
                return
            }
            let length = recv(from, &buffer, buffer.count, 0)
            guard length > 0, Loopback.send(Array(buffer[..<length]), to) else { break }
            count += length
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
    }
}
