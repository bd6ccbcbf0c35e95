internal import Synchronization

/// Bytes that a session has moved, as its two ends see them: before TLS and after it.
final class SessionTraffic: Sendable {
    private let receivedByteCount = Atomic<UInt64>(0)
    private let sentByteCount = Atomic<UInt64>(0)

    var received: UInt64 { receivedByteCount.load(ordering: .relaxed) }
    var sent: UInt64 { sentByteCount.load(ordering: .relaxed) }

    func received(_ byteCount: Int) {
        receivedByteCount.add(UInt64(byteCount), ordering: .relaxed)
    }

    func sent(_ byteCount: Int) { sentByteCount.add(UInt64(byteCount), ordering: .relaxed) }
}
