package import Identities
package import Model
internal import Synchronization

/// The supplier's end of the protocol: who asks and what, in; an answer, out.
///
/// Nothing is believed of a request: who asks comes from the channel, signatures and lengths are
/// checked before anything is done, and payloads are never looked into.
///
/// Thread rules: any thread, many at the same time.
package final class SupplierServer: Sendable {
    package let store: any FragmentStore
    let key: SupplierKey
    let rules: SupplierRules
    /// `nil` where tombstones are done at once.
    let holds: HoldLedger?
    let serviceTime: ServiceTime
    private let time: any TimeSource
    private let state: Mutex<State>
    /// One contract at a time: what is free is not given to two.
    let agreeing = Mutex(())

    private struct State {
        var counts = ServerCounts()
        var rates: RequestRates?
    }

    /// - Precondition: `key` is the store's.
    package init(
        store: any FragmentStore, key: SupplierKey, rules: SupplierRules, time: any TimeSource,
        holds: HoldLedger?
    ) {
        precondition(key.publicKey.supplierID == store.supplier)
        self.store = store
        self.key = key
        self.rules = rules
        self.holds = holds
        self.time = time
        serviceTime = holds?.time ?? ServiceTime(time)
        let rates = rules.requestRate.map {
            RequestRates(rate: $0, burst: Limits.requestBurstMax)
        }
        state = Mutex(State(rates: rates))
    }

    package var counts: ServerCounts { state.withLock { $0.counts } }

    /// Answers one request.
    ///
    /// - Parameter payload: what came behind the header.
    /// - Parameter room: gives memory for so many bytes of payload of the answer; `nil` when there
    ///   is none.
    package func answer(
        _ header: [UInt8], payload: [PayloadPart], from peer: PeerIdentity,
        room: (Int) -> UnsafeMutableRawBufferPointer?
    ) -> SupplierAnswer {
        let byteCount = payload.reduce(0) { $0 + $1.range.count }
        do {
            try takeRate(peer)
            let request = try authorised(header, payloadByteCount: byteCount, from: peer)
            let (response, count) = try perform(
                request, payload: payload, isByOwner: request.owner == peer.user, room: room)
            state.withLock { $0.counts.served += 1 }
            return SupplierAnswer(header: response.encoded(), payloadByteCount: count)
        } catch {
            return refusal(error)
        }
    }

    /// What to refuse a request with before its payload is read; `nil` when it may come.
    ///
    /// Lets a session give back the room of a put that the quota has no room for.
    package func refuses(
        _ header: [UInt8], payloadByteCount: Int, from peer: PeerIdentity
    ) -> SupplierAnswer? {
        do {
            let request = try authorised(
                header, payloadByteCount: payloadByteCount, from: peer)
            if case .put(let headers) = request.call { try checkRoom(headers, of: request.owner) }
            return nil
        } catch {
            return refusal(error)
        }
    }

    /// Does the tombstones whose hold is over; a worker calls it now and then.
    package func performDueTombstones() throws(StoreError) {
        try holds?.performDue { (hold) throws(StoreError) in
            try store.tombstone(hold.fragments, of: hold.owner)
        }
    }

    private func takeRate(_ peer: PeerIdentity) throws(Refusal) {
        let isFree = state.withLock { $0.rates?.take(peer.user, at: time.uptime) ?? true }
        guard isFree else { throw .refused(.busy) }
    }

    private func refusal(_ error: Refusal) -> SupplierAnswer {
        let (reason, isMalformed): (StoreError, Bool) =
            switch error {
            case .refused(let reason): (reason, false)
            case .malformed(let field): (.invalid(field: field), true)
            }
        state.withLock { state in
            if isMalformed { state.counts.malformed += 1 } else { state.counts.refused += 1 }
        }
        return SupplierAnswer(
            header: SupplierResponse.refused(reason).encoded(), payloadByteCount: 0,
            isMalformed: isMalformed)
    }
}

/// What a supplier allows, as values and questions that others answer.
package struct SupplierRules: Sendable {
    /// Bytes that a user may have a contract for.
    package var quotaMax: @Sendable (UserID) -> Int
    /// Whether the device is one of the user's and not revoked.
    package var isDeviceValid: @Sendable (UserID, DeviceID) -> Bool
    package var grants: any GrantChecking
    /// Requests of one customer each second; `nil` for the suppliers of one's own machine.
    package var requestRate: Int?
    /// Why nothing new is taken of a user, or for now of anybody; `nil` when it is.
    package var refusal: @Sendable (UserID) -> StoreError? = { _ in nil }
    /// What the supplier says about itself; `nil` where nobody needs to be told.
    package var offer: @Sendable () -> SupplierOffer? = { nil }
    /// When the supplier ends, in seconds since 1970; `nil` while it stays.
    package var leavingUntil: @Sendable () -> Int64? = { nil }

    package init(
        quotaMax: @escaping @Sendable (UserID) -> Int,
        isDeviceValid: @escaping @Sendable (UserID, DeviceID) -> Bool,
        grants: any GrantChecking = NoGrants(), requestRate: Int? = Limits.requestRateMax
    ) {
        self.quotaMax = quotaMax
        self.isDeviceValid = isDeviceValid
        self.grants = grants
        self.requestRate = requestRate
    }
}

/// An encoded ``SupplierResponse``, and the bytes that were put into the room for its payload.
package struct SupplierAnswer: Sendable {
    package let header: [UInt8]
    package let payloadByteCount: Int
    /// The request was none: a channel may end the session of a peer that sends such.
    package var isMalformed = false
}

/// Requests since the start.
package struct ServerCounts: Hashable, Sendable {
    package var served: UInt64 = 0
    package var refused: UInt64 = 0
    package var malformed: UInt64 = 0
}

/// Why a request is not done.
enum Refusal: Error {
    case refused(StoreError)
    /// It breaks the rules of the protocol, not those of the store.
    case malformed(field: String)
}
