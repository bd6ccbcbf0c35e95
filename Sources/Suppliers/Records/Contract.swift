package import Identities
package import Model

/// What a supplier has agreed to keep for a customer, and whose signatures count.
///
/// ```
/// offset  length  field                          docs/formats/contract.md
///      0       8  magic "BDCNTR02"
///      8      32  supplier                       SupplierID
///     40      32  owner                          UserID
///     72      32  identity                       the customer's public identity key
///    104       8  quota                          bytes of records, headers included
///    112       4  term                           days; 0 without end
///    116       8  sequence                       1, 2, 3 ...: the higher one holds
///    124       -  device certificates: count 4, each with length 4
///             32  device                         that signs for the customer
///             64  Ed25519 signature of all before it, label "contract-customer"
///              8  taken                          the supplier's service time, seconds
///             64  Ed25519 signature of all before it, label "contract-supplier"
///              4  CRC-32C of all before it
/// ```
///
/// A proposal has no supplier's signature: the last 64 bytes are zero, and `taken` too. Version 1,
/// "BDCNTR01", was signed by nobody and is read only from the supplier's own disk; its `sequence`
/// is 0.
///
/// Golden file: `fixtures/contract/v2.bin`; of the first version `fixtures/contract/v1.bin`.
package struct Contract: Hashable, Sendable {
    package let supplier: SupplierID
    package let owner: UserID
    package let identityKey: Bytes32
    /// Bytes that the customer's records may take together, headers included.
    package let quota: Int
    /// Days that the supplier takes fragments for, by its service time; 0 without end.
    package let termDays: Int
    package let sequence: UInt64
    /// Encoded device certificates, each signed by the identity key.
    package let certificates: [[UInt8]]
    /// The device that has signed for the customer.
    package let device: DeviceID
    package internal(set) var customerSignature: [UInt8] = []
    /// The supplier's service time in seconds when it signed.
    package internal(set) var taken: UInt64 = 0
    package internal(set) var supplierSignature = [UInt8](repeating: 0, count: signatureLength)

    package static let certificateCountMax = 256
    static let lengthMax = 512 + certificateCountMax * (4 + Limits.certificateLengthMax)
    static let signatureLength = 64

    /// A proposal, signed by a device of the customer.
    ///
    /// - Precondition: `quota` and `termDays` are not negative.
    package init(
        supplier: SupplierID, owner: UserID, identityKey: Bytes32, quota: Int, termDays: Int = 0,
        sequence: UInt64, certificates: [[UInt8]], signedBy device: DeviceKey
    ) throws(SigningError) {
        precondition(quota >= 0 && termDays >= 0)
        self.supplier = supplier
        self.owner = owner
        self.identityKey = identityKey
        self.quota = quota
        self.termDays = termDays
        self.sequence = sequence
        self.certificates = certificates
        self.device = device.publicKey.deviceID
        customerSignature = try device.sign(proposedBytes, for: .contractCustomer).array
    }

    init(
        supplier: SupplierID, owner: UserID, identityKey: Bytes32, quota: Int, termDays: Int,
        sequence: UInt64, certificates: [[UInt8]], device: DeviceID
    ) {
        self.supplier = supplier
        self.owner = owner
        self.identityKey = identityKey
        self.quota = quota
        self.termDays = termDays
        self.sequence = sequence
        self.certificates = certificates
        self.device = device
    }

    /// The same contract, signed by the supplier.
    package func signed(by supplier: SupplierKey) throws(SigningError) -> Contract {
        var contract = self
        contract.supplierSignature = try supplier.sign(agreedBytes, for: .contractSupplier).array
        return contract
    }

    /// The same proposal, to be signed at this service time of the supplier, in seconds.
    package func taken(at seconds: UInt64) -> Contract {
        var contract = self
        contract.taken = seconds
        return contract
    }

    /// Whether both want the same: what the customer has signed, and its signature.
    package func hasTerms(of other: Contract) -> Bool {
        proposedBytes == other.proposedBytes && customerSignature == other.customerSignature
    }

    /// Whether a device that the contract itself certifies has signed it for the customer.
    package var isSignedByCustomer: Bool {
        guard let identity = IdentityPublicKey(identityKey), identity.userID == owner,
            let key = DevicePublicKey(device.bytes), let signature = Signature(customerSignature),
            key.isValid(signature, of: proposedBytes, for: .contractCustomer)
        else { return false }
        return certificates.contains { bytes in
            guard let certificate = try? DeviceCertificate(decoding: bytes) else { return false }
            return certificate.identity == identity && certificate.device == key
        }
    }

    package var isSignedBySupplier: Bool {
        guard let key = SupplierPublicKey(supplier.bytes),
            let signature = Signature(supplierSignature)
        else { return false }
        return key.isValid(signature, of: agreedBytes, for: .contractSupplier)
    }

    /// Whether the supplier's service time in seconds is past the term.
    package func isEnded(at seconds: UInt64) -> Bool {
        termDays > 0 && seconds >= taken &+ UInt64(termDays) * 86_400
    }
}

extension SignatureLabel {
    static let contractCustomer = SignatureLabel("bitdust/v1/contract-customer")
    static let contractSupplier = SignatureLabel("bitdust/v1/contract-supplier")
}
