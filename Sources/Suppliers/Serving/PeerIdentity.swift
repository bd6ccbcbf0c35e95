package import Model

/// Who is at the other end of a channel, as the channel has authenticated it: the certificate was
/// checked there, and nothing in a request can change it.
package struct PeerIdentity: Hashable, Sendable {
    package let user: UserID
    package let device: DeviceID

    package init(user: UserID, device: DeviceID) {
        self.user = user
        self.device = device
    }
}

/// What somebody else than the owner may be allowed to do.
package enum SupplierAccess: CaseIterable, Sendable {
    /// Bytes and headers of fragments.
    case read
    /// Which fragments there are.
    case list
    case heads
    case tombstone
    /// To have the supplier prove what it has.
    case audit
    /// Fragments whose headers the owner's devices have signed; the bytes are held against them.
    case put
    /// How much room there is.
    case usage
}

/// Decides whether a request of somebody else than the owner has the owner's permission.
package protocol GrantChecking: Sendable {
    /// - Parameter grant: bytes of the request that nobody has looked at yet.
    /// - Parameter fragments: what the request is about; empty where it is about all.
    func allows(
        _ access: SupplierAccess, to peer: PeerIdentity, fragments: [FragmentID],
        of owner: UserID, grant: [UInt8]
    ) -> Bool

    /// The owner says which of its grants are good no more: all of them, each time.
    func revoke(_ serials: [UInt64], of owner: UserID) throws(StoreError)
}

extension GrantChecking {
    /// Where no grant is good there is nothing to revoke.
    package func revoke(_ serials: [UInt64], of owner: UserID) throws(StoreError) {}
}

/// Nobody but the owner may do anything.
package struct NoGrants: GrantChecking {
    package init() {}

    package func allows(
        _ access: SupplierAccess, to peer: PeerIdentity, fragments: [FragmentID],
        of owner: UserID, grant: [UInt8]
    ) -> Bool { false }
}
