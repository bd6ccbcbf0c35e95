package import Identities
package import Model

/// A customer of a store: its contract, and whose signatures count.
package struct Member: Sendable {
    package let contract: Contract
    private let credentials: Credentials

    /// - Throws: ``StoreError/badSignature`` when the identity key is not the owner's, or a
    ///   certificate is not by that key; ``StoreError/invalid(field:)`` for a negative quota.
    package init(_ contract: Contract) throws(StoreError) {
        guard contract.quota >= 0 else { throw .invalid(field: "quota") }
        self.contract = contract
        self.credentials = try Credentials(contract)
    }

    /// The contract as a supplier takes it: signed by the customer, now by the supplier too.
    package static func admitted(
        _ contract: Contract, by key: SupplierKey
    ) throws(StoreError) -> Contract {
        guard contract.supplier == key.publicKey.supplierID, contract.isSignedByCustomer else {
            throw .badSignature
        }
        do {
            return try contract.signed(by: key)
        } catch {
            throw .failed(operation: "sign", errno: -1)
        }
    }

    /// The identity that the contract is with.
    package var identity: IdentityPublicKey { credentials.identity }

    /// Refuses a fragment header that no device of the contract has signed.
    package func check(_ header: FragmentHeader) throws(StoreError) {
        try credentials.check(header)
    }

    /// Refuses a head that no device of the customer has signed.
    package func check(_ head: Head) throws(StoreError) {
        try credentials.check(head)
    }
}

/// The keys whose signatures count for one customer, taken from its contract.
private struct Credentials: Sendable {
    let identity: IdentityPublicKey
    private let devices: [DeviceID: DevicePublicKey]

    init(_ contract: Contract) throws(StoreError) {
        guard let identity = IdentityPublicKey(contract.identityKey),
            identity.userID == contract.owner
        else { throw .badSignature }
        var devices: [DeviceID: DevicePublicKey] = [:]
        for bytes in contract.certificates {
            let certificate = try Credentials.certificate(bytes, of: identity)
            devices[certificate.device.deviceID] = certificate.device
        }
        self.identity = identity
        self.devices = devices
    }

    func check(_ header: FragmentHeader) throws(StoreError) {
        guard let device = devices[header.device] else { throw .unknownDevice(header.device) }
        guard let signature = Signature(header.signature),
            device.isValid(signature, of: header.signedBytes, for: .fragmentHeader)
        else { throw .badSignature }
    }

    /// The head brings the certificate of its device along: a new machine that recovers is in no
    /// contract yet.
    func check(_ head: Head) throws(StoreError) {
        let certificate = try Credentials.certificate(head.certificate, of: identity)
        guard certificate.device.deviceID == head.device else {
            throw .unknownDevice(head.device)
        }
        guard let signature = Signature(head.signature),
            certificate.device.isValid(signature, of: head.signedBytes, for: .head)
        else { throw .badSignature }
    }

    private static func certificate(
        _ bytes: [UInt8], of identity: IdentityPublicKey
    ) throws(StoreError) -> DeviceCertificate {
        guard let certificate = try? DeviceCertificate(decoding: bytes),
            certificate.identity == identity
        else { throw .badSignature }
        return certificate
    }
}

extension SupplierKey {
    /// Signs that the fragment is durable here.
    package func receipt(
        for header: FragmentHeader, sequence: UInt64
    ) throws(StoreError) -> Receipt {
        do {
            return try Receipt(
                supplier: publicKey.supplierID, owner: header.owner, fragment: header.fragment,
                length: header.length, sequence: sequence
            ) { (bytes) throws(SigningError) in
                try sign(bytes, for: .receipt).array
            }
        } catch {
            throw .failed(operation: "sign", errno: -1)
        }
    }
}
