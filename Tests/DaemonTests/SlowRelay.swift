import Foundation
import Glibc
import Model
import Synchronization

/// A long, thin line in front of a listener on loopback: each byte comes so much later, and only so
/// many are on the way at a time.
final class SlowRelay: Sendable {
    /// Nanoseconds that a byte takes each way; what is 0 is passed on at once.
    let delay: Mutex<UInt64>
    private let socket: RelaySocket

    var endpoint: Endpoint { socket.endpoint }

    /// Bytes of one direction of a connection that are on the way at a time.
    private static let windowLength = 128 << 10

    init(before target: UInt16, delay: UInt64 = 0) throws {
        self.delay = Mutex(delay)
        socket = try RelaySocket()
        socket.relay(to: target) { [self] dialler, listener in
            for (from, to) in [(dialler, listener), (listener, dialler)] {
                let line = Line(to: to)
                Thread { [self] in pass(from, by: line) }.start()
            }
        }
    }

    func close() { socket.close() }

    private func pass(_ from: Int32, by line: Line) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let length = recv(from, &buffer, buffer.count, 0)
            guard length > 0 else { break }
            line.send(Array(buffer[..<length]), after: delay.withLock { $0 })
        }
        line.send([], after: delay.withLock { $0 })
    }

    /// One direction of a connection.
    private final class Line: Sendable {
        private let pieces = Mutex<[(due: UInt64, bytes: [UInt8])]>([])
        private let more = DispatchSemaphore(value: 0)
        private let room = DispatchSemaphore(value: SlowRelay.windowLength / (16 << 10))

        init(to socket: Int32) {
            Thread { [self] in
                while true {
                    more.wait()
                    let (due, bytes) = pieces.withLock { $0.removeFirst() }
                    let now = SystemTime().uptime
                    if due > now { SystemPause.pause(nanoseconds: due - now) }
                    room.signal()
                    guard !bytes.isEmpty, Loopback.send(bytes, socket) else { break }
                }
                shutdown(socket, Int32(SHUT_RDWR))
                // Whoever still sends must not wait for room for ever.
                for _ in 0..<1024 { room.signal() }
            }.start()
        }

        func send(_ bytes: [UInt8], after delay: UInt64) {
            room.wait()
            pieces.withLock { $0.append((SystemTime().uptime + delay, bytes)) }
            more.signal()
        }
    }
}
