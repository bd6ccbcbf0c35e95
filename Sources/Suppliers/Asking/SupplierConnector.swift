package import Identities
package import Model

/// Makes the way to a supplier from its address.
///
/// What an address means is the connector's: a directory of this machine, or a node of the network.
package protocol SupplierConnector: Sendable {
    /// Opens a channel to the supplier at `address`.
    ///
    /// - Parameter caller: who asks; the supplier hears it from the channel.
    /// - Parameter creates: makes a supplier where there is none, if that is possible.
    func connect(
        to address: String, as caller: SupplierCaller, creates: Bool
    ) throws -> SupplierConnection
}

/// Who asks a supplier, with what proves it.
package struct SupplierCaller: Sendable {
    package let certificate: DeviceCertificate
    package let device: DeviceKey

    package init(certificate: DeviceCertificate, device: DeviceKey) {
        self.certificate = certificate
        self.device = device
    }

    package var peer: PeerIdentity {
        PeerIdentity(user: certificate.userID, device: certificate.device.deviceID)
    }
}

/// A supplier that was reached.
package struct SupplierConnection: Sendable {
    /// Who it has shown to be.
    package let supplier: SupplierID
    package let channel: any RequestChannel
    /// Where it was found, when that is not where it was looked for.
    package let newAddress: String?
    /// Seconds that its clock is ahead of ours, to some minutes; `nil` when it has none of its own.
    package let clockAhead: Int64?
    /// The contract in force, when it was told on the way.
    package let contract: ContractKnown
    /// Nanoseconds that a short question took; `nil` when none was asked.
    package let latency: UInt64?

    package init(
        supplier: SupplierID, channel: any RequestChannel, newAddress: String? = nil,
        clockAhead: Int64? = nil, contract: ContractKnown = .untold, latency: UInt64? = nil
    ) {
        self.supplier = supplier
        self.channel = channel
        self.newAddress = newAddress
        self.clockAhead = clockAhead
        self.contract = contract
        self.latency = latency
    }
}

/// What is known of the contract with a supplier.
package enum ContractKnown: Sendable {
    /// It must be asked for.
    case untold
    /// `nil` when there is none.
    case told(Contract?)
}

/// The suppliers of the embedded network: directories of this machine, served by this process.
///
/// The same protocol as over the network. Tombstones are done at once: who can ask for them here
/// could remove the directory as well.
package struct LocalSuppliers: SupplierConnector {
    private let time: any TimeSource
    private let random: any RandomSource

    package init(time: any TimeSource, random: any RandomSource) {
        self.time = time
        self.random = random
    }

    /// - Parameter address: a path.
    /// - Throws: ``SupplierDirectoryError``, or ``StoreError`` for the store in it.
    package func connect(
        to address: String, as caller: SupplierCaller, creates: Bool
    ) throws -> SupplierConnection {
        let place: SupplierDirectory
        do {
            place = try SupplierDirectory.open(at: address)
        } catch SupplierDirectoryError.missing where creates {
            place = try SupplierDirectory.create(at: address, random: random)
        }
        // It takes what its disk has room for, and says so.
        let store = try place.store(StoreOptions())
        let rules = SupplierRules(
            quotaMax: { _ in Limits.embeddedCapacity }, isDeviceValid: { _, _ in true },
            requestRate: nil)
        let server = SupplierServer(
            store: store, key: place.key, rules: rules, time: time, holds: nil)
        return SupplierConnection(
            supplier: place.supplier,
            channel: LocalChannel(to: server, as: caller.peer) { store.close() })
    }
}
