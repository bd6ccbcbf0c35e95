package import Model
internal import Synchronization

/// A supplier's store, asked through a channel: what every supplier is to a customer.
///
/// Believes nothing: receipts, roots, lengths, order and owners of what comes back are checked, and
/// an answer that no honest supplier gives is ``StoreError/lied(_:)``. A supplier that says no is
/// what it says; one that says nothing is ``StoreError/unreachable(_:)``.
package final class RemoteFragmentStore: FragmentStore {
    package let supplier: SupplierID
    package var checksRoots: Bool { true }

    /// Who asks: whose usage is meant where a call names no owner.
    let user: UserID
    let channel: any RequestChannel
    let grant: [UInt8]
    private let time: any TimeSource
    private let isClosed = Atomic(false)

    /// - Parameter supplier: who is expected at the other end; receipts are held against it.
    /// - Parameter grant: the owner's permission, when the asking side is not the owner.
    package init(
        supplier: SupplierID, user: UserID, channel: any RequestChannel, time: any TimeSource,
        grant: [UInt8] = []
    ) {
        self.supplier = supplier
        self.user = user
        self.channel = channel
        self.time = time
        self.grant = grant
    }

    package func close() {
        guard !isClosed.exchange(true, ordering: .sequentiallyConsistent) else { return }
        channel.close()
    }

    func checkOpen() throws(StoreError) {
        guard !isClosed.load(ordering: .sequentiallyConsistent) else { throw .closed }
    }

    /// Asks, and reads the answer.
    ///
    /// - Returns: the answer, no refusal, and the bytes of its payload in `target`.
    func ask(
        _ call: SupplierRequest.Call, of owner: UserID, payload: [PayloadPart] = [],
        into target: UnsafeMutableRawBufferPointer? = nil,
        cancellation: RequestCancellation? = nil
    ) throws(StoreError) -> (SupplierResponse, Int) {
        try checkOpen()
        let request = SupplierRequest(owner: owner, grant: grant, call)
        let byteCount = payload.reduce(target?.count ?? 0) { $0 + $1.range.count }
        let answer: ChannelAnswer
        do {
            answer = try channel.exchange(
                ChannelRequest(
                    header: request.encoded(), payload: payload, deadline: deadline(byteCount),
                    cancellation: cancellation), into: target)
        } catch {
            throw StoreError(error)
        }
        guard answer.payloadByteCount >= 0, answer.payloadByteCount <= target?.count ?? 0 else {
            throw .lied(
                .wrongLength(have: answer.payloadByteCount, need: target?.count ?? 0))
        }
        let response: SupplierResponse
        do {
            response = try SupplierResponse(answer.header)
        } catch {
            throw .lied(.malformed(error))
        }
        if case .refused(let reason) = response { throw reason }
        return (response, answer.payloadByteCount)
    }

    /// Asks for something that has no payload.
    func askPlain(
        _ call: SupplierRequest.Call, of owner: UserID, payload: [PayloadPart] = []
    ) throws(StoreError) -> SupplierResponse {
        try ask(call, of: owner, payload: payload).0
    }

    private func deadline(_ byteCount: Int) -> UInt64 {
        let bytes = UInt64(byteCount) * 1_000_000_000 / UInt64(Limits.requestByteRateMin)
        return time.uptime &+ Limits.requestTime &+ bytes
    }
}

extension StoreError {
    init(_ error: ChannelError) {
        switch error {
        case .closed: self = .closed
        case .badFrame(let field): self = .lied(.badFrame(field: field))
        case .unreachable, .timedOut, .cancelled: self = .unreachable(error)
        }
    }
}
