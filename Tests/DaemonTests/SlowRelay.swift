import Foundation
import Glibc
import Model
import Synchronization

/// A long, thin line in front of a listener on loopback: each byte comes so much later, and only so
/// many are on the way at a time.
final class SlowRelay: Sendable {
    let endpoint: Endpoint
    /// Nanoseconds that a byte takes each way; what is 0 is passed on at once.
    let delay: Mutex<UInt64>
    private let socket: Int32
    private let target: UInt16
    private let open = Mutex<[Int32]>([])
    private let isOpen = Mutex(true)

    /// Bytes of one direction of a connection that are on the way at a time.
    private static let windowLength = 128 << 10

    init(before target: UInt16, delay: UInt64 = 0) throws {
        self.target = target
        self.delay = Mutex(delay)
        let (socket, port) = try Loopback.listen()
        self.socket = socket
        endpoint = Endpoint(.v4(127 << 24 | 1), port: port)
        Thread { [self] in accept() }.start()
    }

    func close() {
        guard
            isOpen.withLock({ was in
                defer { was = false }
                return was
            })
        else { return }
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
            for (from, to) in [(dialler, listener), (listener, dialler)] {
                let line = Line(to: to)
                Thread { [self] in
                    var buffer = [UInt8](repeating: 0, count: 16 << 10)
                    while true {
                        let length = recv(from, &buffer, buffer.count, 0)
                        guard length > 0 else { break }
                        line.send(Array(buffer[..<length]), after: delay.withLock { $0 })
                    }
                    line.send([], after: delay.withLock { $0 })
                }.start()
            }
        }
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
