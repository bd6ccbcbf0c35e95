package import Model

// The bytes of a contract. Page: docs/formats/contract.md.

extension Contract {
    private static let format = "contract"
    private static let magic: StaticString = "BDCNTR02"
    /// Golden file: `fixtures/contract/v1.bin`.
    private static let firstMagic: StaticString = "BDCNTR01"

    /// What the customer signs.
    var proposedBytes: [UInt8] {
        var writer = ByteWriter(reserving: 1024)
        writer.magic(Contract.magic)
        writer.identifier(supplier)
        writer.identifier(owner)
        writer.bytes32(identityKey)
        writer.integer(UInt64(clamping: quota))
        writer.integer(UInt32(clamping: termDays))
        writer.integer(sequence)
        writer.integer(UInt32(certificates.count))
        for certificate in certificates { writer.counted(certificate) }
        writer.identifier(device)
        return writer.bytes
    }

    /// What the supplier signs.
    var agreedBytes: [UInt8] {
        var writer = ByteWriter(reserving: 1100)
        writer.raw(proposedBytes)
        writer.raw(customerSignature)
        writer.integer(taken)
        return writer.bytes
    }

    package func encoded() -> [UInt8] {
        if sequence == 0 { return encodedAsFirst() }
        var writer = ByteWriter(reserving: 1200)
        writer.raw(agreedBytes)
        writer.raw(supplierSignature)
        writer.checksum()
        return writer.bytes
    }

    /// Reads the fields. Signatures and certificates are the caller's to check.
    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = Contract.format
        var reader = try ByteReader(checked: bytes, format: format)
        guard (try? reader.expect(Contract.magic)) != nil else {
            try self.init(first: bytes)
            return
        }
        let supplier = try reader.identifier(SupplierID.self)
        let owner = try reader.identifier(UserID.self)
        let identityKey = try reader.bytes32()
        guard let quota = Int(exactly: try reader.integer(UInt64.self)) else {
            throw .invalid(format: format, field: "quota")
        }
        let termDays = try reader.count(limit: Limits.contractTermMax, field: "term")
        let sequence = try reader.integer(UInt64.self)
        guard sequence > 0 else { throw .invalid(format: format, field: "sequence") }
        let certificates = try Contract.certificates(from: &reader)
        self.init(
            supplier: supplier, owner: owner, identityKey: identityKey, quota: quota,
            termDays: termDays, sequence: sequence, certificates: certificates,
            device: try reader.identifier())
        customerSignature = try reader.take(Contract.signatureLength)
        taken = try reader.integer()
        supplierSignature = try reader.take(Contract.signatureLength)
        try reader.finish()
    }

    private static func certificates(
        from reader: inout ByteReader
    ) throws(FormatError) -> [[UInt8]] {
        let count = try reader.count(limit: Contract.certificateCountMax, field: "certificates")
        var certificates: [[UInt8]] = []
        for _ in 0..<count {
            certificates.append(
                try reader.counted(limit: Limits.certificateLengthMax, field: "certificate"))
        }
        return certificates
    }

    // MARK: Version 1

    private init(first bytes: [UInt8]) throws(FormatError) {
        var reader = try ByteReader(checked: bytes, format: Contract.format)
        try reader.expect(Contract.firstMagic)
        let owner = try reader.identifier(UserID.self)
        let identityKey = try reader.bytes32()
        guard let quota = Int(exactly: try reader.integer(UInt64.self)) else {
            throw .invalid(format: Contract.format, field: "quota")
        }
        let certificates = try Contract.certificates(from: &reader)
        try reader.finish()
        self.init(
            supplier: SupplierID(.zero), owner: owner, identityKey: identityKey, quota: quota,
            termDays: 0, sequence: 0, certificates: certificates, device: DeviceID(.zero))
    }

    private func encodedAsFirst() -> [UInt8] {
        var writer = ByteWriter()
        writer.magic(Contract.firstMagic)
        writer.identifier(owner)
        writer.bytes32(identityKey)
        writer.integer(UInt64(clamping: quota))
        writer.integer(UInt32(certificates.count))
        for certificate in certificates { writer.counted(certificate) }
        writer.checksum()
        return writer.bytes
    }
}
