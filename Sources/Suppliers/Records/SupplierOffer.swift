package import Identities
package import Model

/// What a supplier says about itself: which node it is, where that answers, how much is free.
///
/// ```
/// offset  length  field                          docs/formats/supplier-offer.md
///      0       8  magic "BDOFFER1"
///      8      32  supplier                       SupplierID
///     40       8  free                           bytes that may still be contracted for
///     48       8  issued                         nanoseconds since 1970
///     56       -  version of the program: length 4, at most 64 bytes of UTF-8
///              -  endpoints: count 4, at most 8; each 1 (4 or 16), address, port 2
///              -  device certificate: length 4   of the node
///             64  Ed25519 signature of all before it by the device, label "supplier-node"
///             64  Ed25519 signature of all before it by the supplier, label "supplier-offer"
///              4  CRC-32C of all before it
/// ```
///
/// Both sign, so that nobody gives out another's supplier as its own, or another's node.
///
/// Golden file: `fixtures/supplier-offer/v1.bin`.
package struct SupplierOffer: Hashable, Sendable {
    package let supplier: SupplierID
    /// Bytes; zero from a supplier that takes no new customers.
    package let free: Int
    package let issued: Timestamp
    package let version: String
    /// Those to be tried first come first.
    package let endpoints: [Endpoint]
    /// An encoded `DeviceCertificate`.
    package let certificate: [UInt8]
    private var deviceSignature: [UInt8] = []
    private var supplierSignature: [UInt8] = []

    static let lengthMax =
        512 + Limits.certificateLengthMax + 19 * Limits.offerEndpointCountMax
    private static let format = "supplier offer"
    private static let magic: StaticString = "BDOFFER1"
    private static let signatureLength = 64

    /// - Precondition: `free` is not negative, `issued` not before 1970; `version` and `endpoints`
    ///   are within their limits.
    /// - Throws: ``SigningError/signingRefused``.
    package init(
        free: Int, issued: Timestamp, version: String, endpoints: [Endpoint],
        certificate: DeviceCertificate, device: DeviceKey, supplier: SupplierKey
    ) throws(SigningError) {
        precondition(free >= 0 && issued.nanoseconds >= 0)
        precondition(version.utf8.count <= Limits.offerVersionLengthMax)
        precondition(endpoints.count <= Limits.offerEndpointCountMax)
        self.supplier = supplier.publicKey.supplierID
        self.free = free
        self.issued = issued
        self.version = version
        self.endpoints = endpoints
        self.certificate = certificate.encoded
        deviceSignature = try device.sign(content, for: .supplierNode).array
        supplierSignature = try supplier.sign(content + deviceSignature, for: .supplierOffer).array
    }

    /// The device that has signed, when both signatures are what they should be; `nil` otherwise.
    package var node: DeviceCertificate? {
        guard let certificate = try? DeviceCertificate(decoding: certificate),
            let byDevice = Signature(deviceSignature),
            let bySupplier = Signature(supplierSignature),
            let key = SupplierPublicKey(supplier.bytes),
            certificate.device.isValid(byDevice, of: content, for: .supplierNode),
            key.isValid(bySupplier, of: content + deviceSignature, for: .supplierOffer)
        else { return nil }
        return certificate
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 512)
        writer.raw(content)
        writer.raw(deviceSignature)
        writer.raw(supplierSignature)
        writer.checksum()
        return writer.bytes
    }

    /// Reads the fields. The signatures are the caller's to check: ``node`` does.
    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = SupplierOffer.format
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(SupplierOffer.magic)
        supplier = try reader.identifier()
        guard let free = Int(exactly: try reader.integer(UInt64.self)) else {
            throw .invalid(format: format, field: "free")
        }
        self.free = free
        issued = Timestamp(nanoseconds: try reader.integer())
        guard issued.nanoseconds >= 0 else { throw .invalid(format: format, field: "issued") }
        version = try reader.text(limit: Limits.offerVersionLengthMax, field: "version")
        let count = try reader.count(limit: Limits.offerEndpointCountMax, field: "endpoints")
        var endpoints: [Endpoint] = []
        for _ in 0..<count { endpoints.append(try reader.endpoint()) }
        self.endpoints = endpoints
        certificate = try reader.counted(
            limit: Limits.certificateLengthMax, field: "certificate")
        deviceSignature = try reader.take(SupplierOffer.signatureLength)
        supplierSignature = try reader.take(SupplierOffer.signatureLength)
        try reader.finish()
    }

    /// What the device signs.
    private var content: [UInt8] {
        var writer = ByteWriter(reserving: 512)
        writer.magic(SupplierOffer.magic)
        writer.identifier(supplier)
        writer.integer(UInt64(free))
        writer.integer(issued.nanoseconds)
        writer.text(version)
        writer.integer(UInt32(endpoints.count))
        for endpoint in endpoints {
            let address = endpoint.address.bytes
            writer.byte(UInt8(address.count))
            writer.raw(address)
            writer.integer(endpoint.port)
        }
        writer.counted(certificate)
        return writer.bytes
    }
}

extension SignatureLabel {
    static let supplierNode = SignatureLabel("bitdust/v1/supplier-node")
    static let supplierOffer = SignatureLabel("bitdust/v1/supplier-offer")
}

extension ByteReader {
    /// The one form of an address: mapped ones are written as IPv4.
    fileprivate mutating func endpoint() throws(FormatError) -> Endpoint {
        let length = Int(try byte())
        guard length == 4 || length == 16, let address = IPAddress(bytes: try take(length)),
            address.bytes.count == length
        else { throw .invalid(format: format, field: "address") }
        return Endpoint(address, port: try integer())
    }
}
