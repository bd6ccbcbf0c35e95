package import Identities
package import Model

/// The newest head of a customer's repository that is known to its suppliers: against suppliers who
/// show an older one.
///
/// Item of a device's key, salt `bitdust/head/` and the first 16 bytes of the repository's id; its
/// sequence is the head's. Value: dictionary with `h` digest of the head (32), `r` repository (32).
/// docs/formats/dht-records.md.
package struct HeadPointer: Hashable, Sendable {
    package let repository: RepositoryID
    package let digest: Bytes32
    package let sequence: Int64

    package init(repository: RepositoryID, digest: Bytes32, sequence: Int64) {
        self.repository = repository
        self.digest = digest
        self.sequence = sequence
    }

    package static func address(
        of repository: RepositoryID, writtenBy device: DevicePublicKey
    ) -> ItemAddress {
        ItemAddress(key: device.bytes, salt: salt(of: repository))
    }

    /// - Throws: ``SigningError/signingRefused``.
    package func item(signedBy device: DeviceKey) throws(SigningError) -> Item {
        var writer = BencodeWriter(reserving: 96)
        writer.beginDictionary()
        writer.text("h")
        writer.string(digest.array)
        writer.text("r")
        writer.string(repository.bytes.array)
        writer.end()
        return try Item(
            value: writer.bytes, salt: HeadPointer.salt(of: repository), sequence: sequence,
            signedBy: device)
    }

    /// Reads a genuine item of `device`; `nil` for anything else.
    package init?(
        _ item: Item, of repository: RepositoryID, writtenBy device: DevicePublicKey,
        verifier: any ItemVerifier
    ) {
        let address = HeadPointer.address(of: repository, writtenBy: device)
        guard item.isGenuine(at: address, by: verifier) else { return nil }
        var reader = RecordReader(item.value)
        guard let digest = reader.bytes("h", count: Bytes32.byteCount).flatMap({ Bytes32($0) }),
            let named = reader.bytes("r", count: Bytes32.byteCount).flatMap({ Bytes32($0) }),
            reader.isAtEnd, RepositoryID(named) == repository
        else { return nil }
        self.repository = repository
        self.digest = digest
        sequence = item.sequence
    }

    private static func salt(of repository: RepositoryID) -> [UInt8] {
        Array("bitdust/head/".utf8) + repository.bytes.array.prefix(16)
    }
}
