import Dispatch
import Foundation
import Glibc
import Identities
import Model
import Networking
import Synchronization

/// A router on loopback, with somebody in front of it who does to spliced bytes what a test says:
/// together they are a router that cannot be trusted.
final class HostileRouter: Sendable {
    /// What becomes of the bytes that either end of a splice sends, behind the first ones.
    enum Fault: Sendable, CustomStringConvertible {
        /// An honest router.
        case none
        case flip
        /// Two runs of bytes in each other's place.
        case swap
        case drop
        case cut
        /// Passes nothing on any more, and keeps both connections.
        case hold
        /// Passes everything on, two seconds late.
        case delay

        var description: String {
            switch self {
            case .none: "none"
            case .flip: "flip"
            case .swap: "swap"
            case .drop: "drop"
            case .cut: "cut"
            case .hold: "hold"
            case .delay: "delay"
            }
        }
    }

    let endpoint: Endpoint
    private let socket: Int32
    private let target: UInt16
    private let offset: Int
    private let router: Router
    private let listener: SessionListener
    private let fault: Mutex<Fault>
    private let faults = Mutex(0)
    private let moved = Mutex(0)
    private let open = Mutex<Set<Int32>>([])

    /// - Parameter offset: so many bytes of each connection pass before the fault.
    init(_ fault: Fault, behind offset: Int, threads: NetworkThreads) async throws {
        let random = SystemRandom()
        let root = try IdentityKey(seed: SecretBytes(random.bytes32()))
        let device = try DeviceKey(seed: SecretBytes(random.bytes32()))
        let certificate = try DeviceCertificate(
            device: device.publicKey, name: DisplayName("router")!,
            created: Timestamp(nanoseconds: 1), sequence: 1, signedBy: root)
        let identity = try SessionIdentity(
            certificate: certificate, deviceKey: device, random: random)
        let router = Router(
            time: SystemTime(), sleeper: SystemSleeper(), random: random)
        let listener = try await SessionListener.open(
            at: Endpoint(.v4(127 << 24 | 1), port: 0),
            setup: SessionSetup(identity: identity, admits: { _ in true }) {
                try await router.answer($0, $1)
            }, threads: threads)
        listener.serve(router)
        (self.router, self.listener, self.offset) = (router, listener, offset)
        self.fault = Mutex(fault)
        target = listener.localEndpoint.port
        let (socket, port) = try Loopback.listen()
        self.socket = socket
        endpoint = Endpoint(.v4(127 << 24 | 1), port: port)
        Thread { [self] in accept() }.start()
    }

    /// How many connections it has done something to.
    var faultCount: Int { faults.withLock { $0 } }
    /// Bytes of splices that it has passed on.
    var movedByteCount: Int { moved.withLock { $0 } }
    /// Nodes that wait at it.
    var waitingCount: Int { router.counts.waiting }

    func close() async {
        shutdown(socket, Int32(SHUT_RDWR))
        Glibc.close(socket)
        for one in open.withLock({ $0 }) { shutdown(one, Int32(SHUT_RDWR)) }
        await router.close()
        await listener.close()
    }

    private func accept() {
        while true {
            let inner = Glibc.accept(socket, nil, nil)
            guard inner >= 0 else { return }
            guard let outer = Loopback.connect(to: target) else {
                Glibc.close(inner)
                continue
            }
            open.withLock { $0.formUnion([inner, outer]) }
            let left = Atomic2()
            for (from, to, isFaulty) in [(inner, outer, true), (outer, inner, false)] {
                Thread { [self] in
                    pass(from, to, isFaulty: isFaulty)
                    guard left.isLast else { return }
                    _ = open.withLock { open in [inner, outer].map { open.remove($0) } }
                    Glibc.close(inner)
                    Glibc.close(outer)
                }.start()
            }
        }
    }

    private final class Atomic2: Sendable {
        private let count = Mutex(0)
        var isLast: Bool {
            count.withLock { count in
                count += 1
                return count == 2
            }
        }
    }

    /// Passes bytes on until one of the two sockets ends; both end then.
    private func pass(_ from: Int32, _ to: Int32, isFaulty: Bool) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        var (count, isSplice, isDone) = (0, false, false)
        var late: LateSender?
        defer { late?.end() }
        while true {
            let length = recv(from, &buffer, buffer.count, 0)
            guard length > 0 else { break }
            // A preface begins with the letter; a record of TLS does not.
            if count == 0 { isSplice = buffer[0] == UInt8(ascii: "B") }
            let start = count
            count += length
            var piece = Array(buffer[..<length])
            if isFaulty, isSplice, !isDone, start >= offset, length >= 64 {
                let fault = fault.withLock { $0 }
                isDone = true
                if case .none = fault {} else { faults.withLock { $0 += 1 } }
                switch fault {
                case .none: break
                case .flip: piece[40] ^= 0x10
                case .swap: piece = Array(piece[32...]) + piece[..<32]
                case .drop: piece.removeSubrange(20..<21)
                case .cut: piece = []
                case .hold:
                    // Reads what comes and tells nobody.
                    while recv(from, &buffer, buffer.count, 0) > 0 {}
                case .delay: late = LateSender(to)
                }
                if piece.isEmpty { break }
            }
            if isSplice { moved.withLock { $0 += length } }
            if let late {
                late.send(piece)
                continue
            }
            guard Loopback.send(piece, to) else { break }
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
    }
}

/// Sends what it is given, each piece two seconds after it came, as many as there are on the way.
private final class LateSender: Sendable {
    private static let lateness: UInt64 = 2_000_000_000
    private let pieces = Mutex<[(due: UInt64, bytes: [UInt8])]>([])
    private let more = DispatchSemaphore(value: 0)

    init(_ socket: Int32) {
        Thread { [self] in
            while true {
                more.wait()
                let (due, bytes) = pieces.withLock { $0.removeFirst() }
                let now = SystemTime().uptime
                if due > now { SystemPause.pause(nanoseconds: due - now) }
                guard !bytes.isEmpty, Loopback.send(bytes, socket) else { return }
            }
        }.start()
    }

    func send(_ bytes: [UInt8]) {
        let due = SystemTime().uptime + LateSender.lateness
        pieces.withLock { $0.append((due, bytes)) }
        more.signal()
    }

    func end() { send([]) }
}

/// Plain sockets of 127.0.0.1.
enum Loopback {
    private static func address(_ port: UInt16) -> sockaddr_in {
        sockaddr_in(
            sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian,
            sin_addr: in_addr(s_addr: UInt32(0x7F00_0001).bigEndian),
            sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
    }

    private static func with<Value>(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Value
    ) -> Value {
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }

    static func listen() throws -> (Int32, UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var place = address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard descriptor >= 0, with(&place, { bind(descriptor, $0, length) }) == 0,
            Glibc.listen(descriptor, 64) == 0,
            with(&place, { getsockname(descriptor, $0, &length) }) == 0
        else { throw POSIXError(.EADDRNOTAVAIL) }
        return (descriptor, UInt16(bigEndian: place.sin_port))
    }

    static func connect(to port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var place = address(port)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard descriptor >= 0, with(&place, { Glibc.connect(descriptor, $0, length) }) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            return nil
        }
        return descriptor
    }

    static func send(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
