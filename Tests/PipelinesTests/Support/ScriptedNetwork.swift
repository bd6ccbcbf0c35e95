import Model
import Pipelines
import Suppliers
import Synchronization

/// The suppliers of a station, reached through channels that do what a test says.
struct ScriptedNetwork: SupplierConnector {
    /// Called before each request is passed on, with the supplier's address, from the thread that
    /// asks; what it throws is the answer.
    typealias Script =
        @Sendable (_ address: String, SupplierRequest.Call) throws(ChannelError) -> Void

    let honest: any SupplierConnector
    let script: Script

    func connect(
        to address: String, as caller: SupplierCaller, creates: Bool
    ) throws -> SupplierConnection {
        let way = try honest.connect(to: address, as: caller, creates: creates)
        return SupplierConnection(
            supplier: way.supplier,
            channel: ScriptedChannel(inner: way.channel, address: address, script: script))
    }

    private final class ScriptedChannel: RequestChannel {
        let payloadByteCountMax: Int
        private let inner: any RequestChannel
        private let address: String
        private let script: Script

        init(inner: any RequestChannel, address: String, script: @escaping Script) {
            self.inner = inner
            self.address = address
            self.script = script
            self.payloadByteCountMax = inner.payloadByteCountMax
        }

        func exchange(
            _ request: ChannelRequest, into target: UnsafeMutableRawBufferPointer?
        ) throws(ChannelError) -> ChannelAnswer {
            if let call = try? SupplierRequest(request.header).call { try script(address, call) }
            return try inner.exchange(request, into: target)
        }

        func close() { inner.close() }
    }
}

extension Station {
    /// Adapters whose suppliers do what `script` says.
    func adapters(
        patience: LanePatience, _ script: @escaping ScriptedNetwork.Script
    ) -> Adapters {
        var adapters = adapters
        adapters.patience = patience
        adapters.suppliers = ScriptedNetwork(honest: adapters.suppliers, script: script)
        return adapters
    }

    func with<Result>(
        _ adapters: Adapters, _ body: (Customer) throws -> Result
    ) throws -> Result {
        let customer = try Customer.open(home: home, adapters: adapters)
        defer { customer.close() }
        return try body(customer)
    }

    func backup(
        _ adapters: Adapters, cancellation: Cancellation = Cancellation()
    ) throws -> BackupReport {
        try with(adapters) {
            try $0.backup(
                BackupRequest(paths: [Array(source.utf8)]), cancellation: cancellation
            ) { _ in }
        }
    }
}

extension LanePatience {
    /// Waits for nobody.
    static var none: LanePatience { patience(hold: 0, networkHold: 0) }

    /// Pauses are short, so that a test takes none; what is waited for is a condition.
    static func patience(hold: UInt64, networkHold: UInt64 = 600_000_000_000) -> LanePatience {
        var patience = LanePatience()
        (patience.pauseMin, patience.pauseMax) = (100_000, 1_000_000)
        (patience.hold, patience.networkHold) = (hold, networkHold)
        return patience
    }
}
