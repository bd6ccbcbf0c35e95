internal import Identities
internal import Model
internal import Pipelines
internal import Suppliers
internal import Synchronization

/// Signs what this supplier says about itself; anew when something has changed, or after a while.
final class OfferMaker: Sendable {
    private struct State {
        var endpoints: [Endpoint] = []
        var last: SupplierOffer?
    }

    private let certificate: DeviceCertificate
    private let device: DeviceKey
    private let supplier: SupplierKey
    private let time: any TimeSource
    private let state = Mutex(State())

    init(
        certificate: DeviceCertificate, device: DeviceKey, supplier: SupplierKey,
        time: any TimeSource
    ) {
        self.certificate = certificate
        self.device = device
        self.supplier = supplier
        self.time = time
    }

    /// Where this node is reached, as far as it knows.
    var endpoints: [Endpoint] { state.withLock { $0.endpoints } }

    func moved(to endpoints: [Endpoint]) {
        state.withLock { $0.endpoints = Array(endpoints.prefix(Limits.offerEndpointCountMax)) }
    }

    /// `nil` when the keys refuse to sign.
    func offer(free: Int) -> SupplierOffer? {
        let now = time.now
        return state.withLock { state in
            if let last = state.last, last.free == free, last.endpoints == state.endpoints,
                last.issued <= now,
                now.nanoseconds - last.issued.nanoseconds < Limits.offerTime
            {
                return last
            }
            let offer = try? SupplierOffer(
                free: free, issued: Timestamp(nanoseconds: max(0, now.nanoseconds)),
                version: ProgramVersion.current, endpoints: state.endpoints,
                certificate: certificate, device: device, supplier: supplier)
            state.last = offer
            return offer
        }
    }
}
