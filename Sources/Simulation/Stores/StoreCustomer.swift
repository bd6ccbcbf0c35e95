internal import Hashing
package import Identities
package import Model
package import Suppliers

/// A customer with keys made from a seed, who has things to store.
package struct StoreCustomer: Sendable {
    package let identity: IdentityKey
    package let device: DeviceKey
    package let certificate: DeviceCertificate

    package var owner: UserID { identity.publicKey.userID }

    package init(seed: UInt64) throws {
        let random = SeededRandom(seed: seed)
        identity = try IdentityKey(seed: SecretBytes(from: random))
        device = try DeviceKey(seed: SecretBytes(from: random))
        certificate = try StoreCustomer.certify(device, by: identity)
    }

    private init(identity: IdentityKey, device: DeviceKey) throws {
        self.identity = identity
        self.device = device
        certificate = try StoreCustomer.certify(device, by: identity)
    }

    /// The same customer on another machine.
    package func onAnotherDevice(seed: UInt64) throws -> StoreCustomer {
        try StoreCustomer(
            identity: identity,
            device: DeviceKey(seed: SecretBytes(from: SeededRandom(seed: seed))))
    }

    private static func certify(
        _ device: DeviceKey, by identity: IdentityKey
    ) throws -> DeviceCertificate {
        try DeviceCertificate(
            device: device.publicKey, name: DisplayName("laptop")!,
            created: Timestamp(nanoseconds: 0), sequence: 1, signedBy: identity)
    }

    /// A contract that this device proposes.
    package func contract(
        quota: Int, with supplier: SupplierID, sequence: UInt64 = 1, termDays: Int = 0
    ) throws -> Contract {
        try Contract(
            supplier: supplier, owner: owner, identityKey: identity.publicKey.bytes, quota: quota,
            termDays: termDays, sequence: sequence, certificates: [certificate.encoded],
            signedBy: device)
    }

    package var peer: PeerIdentity {
        PeerIdentity(user: owner, device: device.publicKey.deviceID)
    }

    /// A fragment of random pages.
    package func upload(
        seed: UInt64, pageCount: Int = 1, descriptorLength: Int = 100
    ) throws -> FragmentUpload {
        let payload = PageBuffer(byteCount: pageCount * Limits.pageLength)
        let random = SeededRandom(seed: seed)
        for offset in stride(from: 0, to: payload.byteCount, by: 8) {
            payload.pointer.storeBytes(
                of: random.next().littleEndian, toByteOffset: offset, as: UInt64.self)
        }
        return try upload(payload, descriptor: random.bytes(descriptorLength))
    }

    /// A fragment of these pages.
    package func upload(
        _ payload: PageBuffer, descriptor: [UInt8]
    ) throws -> FragmentUpload {
        let fragment = FragmentID(BLAKE3.hash(UnsafeRawBufferPointer(payload.bytes).bytes))
        return FragmentUpload(
            header: try header(
                fragment: fragment, length: payload.byteCount, descriptor: descriptor),
            payload: payload, range: 0..<payload.byteCount)
    }

    package func header(
        fragment: FragmentID, length: Int, descriptor: [UInt8]
    ) throws -> FragmentHeader {
        try FragmentHeader(
            owner: owner, device: device.publicKey.deviceID, fragment: fragment, length: length,
            sealedDescriptor: descriptor
        ) { try device.sign($0, for: .fragmentHeader).array }
    }

    package func head(
        sequence: UInt64, repository: RepositoryID = RepositoryID(.zero), body: [UInt8] = [1, 2, 3]
    ) throws -> Head {
        try Head(
            owner: owner, repository: repository, device: device.publicKey.deviceID,
            sequence: sequence, previous: .zero, written: 0, certificate: certificate.encoded,
            sealedBody: body
        ) { try device.sign($0, for: .head).array }
    }
}

extension FragmentUpload {
    /// The bytes, copied.
    package var content: [UInt8] { Array(payload[range]) }
    /// Bytes that its record takes in a segment.
    package var storedLength: Int { RecordHeader.length(for: header) + header.length }
}
