internal import Model
internal import Synchronization

/// The way to a supplier of this process. Payloads are not copied: pointers are handed on.
package final class LocalChannel: RequestChannel {
    package let payloadByteCountMax = Limits.groupCommitCountMax * Limits.fragmentLengthMax

    private let server: SupplierServer
    private let peer: PeerIdentity
    private let isClosed = Atomic(false)
    private let onClose: @Sendable () -> Void

    /// - Parameter peer: who asks; what a session takes from the certificate.
    /// - Parameter onClose: called once, by the first ``close()``.
    package init(
        to server: SupplierServer, as peer: PeerIdentity,
        onClose: @escaping @Sendable () -> Void = {}
    ) {
        self.server = server
        self.peer = peer
        self.onClose = onClose
    }

    package func exchange(
        _ request: ChannelRequest, into target: UnsafeMutableRawBufferPointer?
    ) throws(ChannelError) -> ChannelAnswer {
        guard !isClosed.load(ordering: .sequentiallyConsistent) else { throw .closed }
        if request.cancellation?.isCancelled == true { throw .cancelled }
        let answer = server.answer(request.header, payload: request.payload, from: peer) { count in
            guard let target, count >= 0, count <= target.count else { return nil }
            return UnsafeMutableRawBufferPointer(rebasing: target[..<count])
        }
        return ChannelAnswer(header: answer.header, payloadByteCount: answer.payloadByteCount)
    }

    package func close() {
        guard !isClosed.exchange(true, ordering: .sequentiallyConsistent) else { return }
        onClose()
    }
}
