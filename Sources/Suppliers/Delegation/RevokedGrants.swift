package import Model
internal import Synchronization

/// Which grants of its customers a supplier was told are no longer good, one file for each owner.
///
/// Files are `revoked/<owner>.grants` in the supplier's directory, as docs/formats/rebuild-grant.md
/// says. They outlive a restart: a grant does too.
///
/// Golden file: `fixtures/rebuild-grant/revoked-v1.bin`.
///
/// Thread rules: any thread; calls take turns.
package final class RevokedGrants: Sendable {
    private let files: SmallFiles
    private let directory: String
    private let state: Mutex<[UserID: Set<UInt64>]>

    private static let format = "revoked grants"
    private static let magic: StaticString = "BDREVOK1"
    static let lengthMax = 64 + 8 * Limits.revokedGrantCountMax

    package init(directory: String, disk: any Disk = LocalDisk()) throws(StoreError) {
        files = SmallFiles(disk: disk)
        self.directory = "\(directory)/revoked"
        var known: [UserID: Set<UInt64>] = [:]
        do {
            try files.makeDirectory("revoked", in: directory)
            for name in try files.names(in: self.directory) where name.hasSuffix(".grants") {
                guard let owner = UserID(hex: String(name.dropLast(7))) else { continue }
                let bytes = try files.read(
                    "\(self.directory)/\(name)", limit: RevokedGrants.lengthMax + 1)
                // A damaged file revokes all: the owner's next contact writes it anew.
                known[owner] = (try? RevokedGrants.decode(bytes, of: owner)) ?? [.max]
            }
        } catch {
            throw StoreError(error)
        }
        state = Mutex(known)
    }

    package func isRevoked(_ serial: UInt64, of owner: UserID) -> Bool {
        state.withLock { revoked in
            guard let serials = revoked[owner] else { return false }
            return serials.contains(serial) || serials.contains(.max)
        }
    }

    /// Takes the owner's list, which replaces the one before; durable on return.
    package func replace(_ serials: [UInt64], of owner: UserID) throws(StoreError) {
        let wanted = Set(serials)
        try state.withLock { (state) throws(StoreError) in
            guard (state[owner] ?? []) != wanted else { return }
            try publish(wanted, of: owner)
            state[owner] = wanted
        }
    }

    private func publish(_ serials: Set<UInt64>, of owner: UserID) throws(StoreError) {
        do {
            try files.publish(
                RevokedGrants.encode(serials, of: owner), as: "\(owner).grants", in: directory)
        } catch {
            throw StoreError(error)
        }
    }

    private static func encode(_ serials: Set<UInt64>, of owner: UserID) -> [UInt8] {
        var writer = ByteWriter()
        writer.magic(magic)
        writer.identifier(owner)
        writer.integer(UInt32(serials.count))
        for serial in serials.sorted() { writer.integer(serial) }
        writer.checksum()
        return writer.bytes
    }

    private static func decode(
        _ bytes: [UInt8], of owner: UserID
    ) throws(FormatError) -> Set<UInt64> {
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(magic)
        guard try reader.identifier(UserID.self) == owner else {
            throw .invalid(format: format, field: "owner")
        }
        let count = try reader.count(limit: Limits.revokedGrantCountMax, field: "serials")
        var serials: Set<UInt64> = []
        for _ in 0..<count { serials.insert(try reader.integer()) }
        try reader.finish()
        return serials
    }
}
