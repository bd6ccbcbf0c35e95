internal import Model
internal import Networking
package import Pipelines
package import Suppliers

/// Friends as the suppliers of a customer.
package enum FriendFamily {
    /// Takes friends that give something into the family, those who are not in it.
    ///
    /// - Returns: `nil` when nothing was done, because new blocks go to directories: beside them a
    ///   friend would be one of many that fail with this machine. `backup --to friends` leaves them.
    package static func hire(_ friends: [Friend], for customer: Customer) throws -> HiringReport? {
        guard try customer.employedDirectories().isEmpty else { return nil }
        let known = Set(try customer.familyUsers())
        let fresh = friends.filter { $0.gives > 0 && !known.contains($0.user) }
        return try customer.hire(fresh.map(\.address.description))
    }
}

extension Friend {
    /// Where it is as a supplier.
    package var address: NodeAddress { NodeAddress(user: user, endpoints: places.direct) }
}
