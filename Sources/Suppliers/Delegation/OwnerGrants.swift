internal import Identities
package import Model
internal import Synchronization

/// Holds grants against their owners' keys, the clock, and what owners have revoked.
///
/// Thread rules: any thread.
package final class OwnerGrants: GrantChecking {
    private let revoked: RevokedGrants
    private let time: any TimeSource
    private let isDeviceValid: @Sendable (UserID, DeviceID) -> Bool
    /// Grants whose signatures hold: checked once, not with each request.
    private let sound = Mutex<[[UInt8]: (RebuildGrant, DeviceID)]>([:])

    /// - Parameter isDeviceValid: whether a device is the user's and not revoked.
    package init(
        revoked: RevokedGrants, time: any TimeSource,
        isDeviceValid: @escaping @Sendable (UserID, DeviceID) -> Bool
    ) {
        self.revoked = revoked
        self.time = time
        self.isDeviceValid = isDeviceValid
    }

    package func allows(
        _ access: SupplierAccess, to peer: PeerIdentity, fragments: [FragmentID],
        of owner: UserID, grant bytes: [UInt8]
    ) -> Bool {
        switch access {
        case .read, .audit, .put, .usage: break
        // Who rebuilds knows the names of what it may read; nobody else learns any.
        case .list, .heads, .tombstone: return false
        }
        guard let (grant, device) = sound(bytes), grant.owner == owner,
            grant.rebuilder == peer.user, grant.isInForce(at: time.now),
            !revoked.isRevoked(grant.serial, of: owner)
        else { return false }
        return isDeviceValid(owner, device)
    }

    package func revoke(_ serials: [UInt64], of owner: UserID) throws(StoreError) {
        try revoked.replace(serials, of: owner)
    }

    private func sound(_ bytes: [UInt8]) -> (RebuildGrant, DeviceID)? {
        if let known = sound.withLock({ $0[bytes] }) { return known }
        guard let grant = try? RebuildGrant(bytes), let device = grant.device else { return nil }
        sound.withLock { grants in
            if grants.count >= Limits.grantCacheCountMax { grants = [:] }
            grants[bytes] = (grant, device)
        }
        return (grant, device)
    }
}
