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

    let endpoint: Endpoint
    private let socket: Int32
    private let target: UInt16
    private let deaf: End
    private let byteCount: Int
    private let open = Mutex<[Int32]>([])
    private let deafCount = Mutex(0)

    /// - Parameters:
    ///   - deaf: from whom nothing is read any more.
    ///   - byteCount: so many bytes of it are, on each connection.
    init(before target: UInt16, deafTo deaf: End, behind byteCount: Int) throws {
        (self.target, self.deaf, self.byteCount) = (target, deaf, byteCount)
        let (socket, port) = try Loopback.listen()
        self.socket = socket
        endpoint = Endpoint(.v4(127 << 24 | 1), port: port)
        Thread { [self] in accept() }.start()
    }

    /// Connections on which it reads no more.
    var deafConnectionCount: Int { deafCount.withLock { $0 } }

    func close() {
        shutdown(socket, Int32(SHUT_RDWR))
        Glibc.close(socket)
        for one in open.withLock({ $0 }) { shutdown(one, Int32(SHUT_RDWR)) }
    }

    private func accept() {
        while true {
            let dialler = Glibc.accept(socket, nil, nil)
            guard dialler >= 0 else { return }
            guard let listener = Loopback.connect(to: target) else {
                Glibc.close(dialler)
                continue
            }
            // Closed with the process: they are few.
            open.withLock { $0 += [dialler, listener] }
            for (from, to, isDeaf) in [
                (dialler, listener, deaf == .dialler), (listener, dialler, deaf == .listener),
            ] {
                Thread { [self] in pass(from, to, isDeaf: isDeaf) }.start()
            }
        }
    }

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
