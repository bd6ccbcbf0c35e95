/// The first 104 bits of a user id: enough that nobody finds another identity with the same, short
/// enough for a code that people hand on.
///
/// To find a second identity for a given one takes 2^104 tries, each a key pair.
package struct UserFingerprint: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    package init(of user: UserID) {
        bytes = Array(user.bytes.array.prefix(Limits.fingerprintLength))
    }

    /// `nil` unless there are `Limits.fingerprintLength` bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Limits.fingerprintLength else { return nil }
        self.bytes = bytes
    }

    package func names(_ user: UserID) -> Bool { user.bytes.array.starts(with: bytes) }

    /// A user id with nothing but zeros behind the fingerprint: how a router is asked for somebody
    /// of whom no more is known. No identity has such an id but by a chance of 2^-152.
    package var wildcard: UserID {
        let rest = [UInt8](repeating: 0, count: Bytes32.byteCount - bytes.count)
        return UserID(Bytes32(bytes + rest) ?? .zero)
    }

    /// The fingerprint that a user id stands for; `nil` for the id of a user.
    package static func wildcard(_ user: UserID) -> UserFingerprint? {
        let fingerprint = UserFingerprint(of: user)
        return fingerprint.wildcard == user ? fingerprint : nil
    }

    package var description: String { Hex.encode(bytes) }
}
