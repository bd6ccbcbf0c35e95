import Identities
import Model
import Simulation
import Suppliers
import Testing

/// Golden files, and what happens to each of their bits.
@Suite struct RecordFormatTests {
    private let customer = try! StoreCustomer(seed: 1)

    private func fragmentRecord() throws -> RecordHeader {
        let upload = try customer.upload(seed: 1)
        return RecordHeader(
            segment: 3, offset: 8192, sequence: 9, mark: storeMark,
            body: .fragment(
                upload.header, payloadChecksum: Checksum.crc32c(upload.content.span.bytes)))
    }

    private func receipt() throws -> Receipt {
        try supplierKey.receipt(for: try customer.upload(seed: 1).header, sequence: 9)
    }

    @Test func `the record of a fragment is as in its golden file`() throws {
        let record = try fragmentRecord()
        let bytes = record.encoded()
        #expect(bytes == (try golden("segment/v1.bin", bytes)))
        #expect(try RecordHeader(bytes) == record)
        #expect(RecordHeader.length(startingWith: bytes) == bytes.count)
    }

    @Test func `a record of tombstones is as in its golden file`() throws {
        let ids = (1...3).map { FragmentID(Bytes32(words: ($0, 0, 0, 0))) }
        let record = RecordHeader(
            segment: 3, offset: 4096, sequence: 10, mark: storeMark,
            body: .tombstones(owner: customer.owner, ids))
        let bytes = record.encoded()
        #expect(bytes == (try golden("segment/tombstones-v1.bin", bytes)))
        #expect(try RecordHeader(bytes) == record)
    }

    @Test func `a receipt is as in its golden file`() throws {
        let receipt = try receipt()
        let bytes = receipt.encoded()
        #expect(bytes == (try golden("receipt/v1.bin", bytes)))
        #expect(try Receipt(bytes) == receipt)
        #expect(receipt.isSigned)
    }

    private func contract() throws -> Contract {
        try customer.contract(
            quota: 1 << 40, with: supplierKey.publicKey.supplierID, sequence: 3, termDays: 365
        ).taken(at: 86_400).signed(by: supplierKey)
    }

    @Test func `a contract is as in its golden file`() throws {
        let contract = try contract()
        let bytes = contract.encoded()
        #expect(bytes == (try golden("contract/v2.bin", bytes)))
        #expect(try Contract(bytes) == contract)
        #expect(contract.isSignedByCustomer && contract.isSignedBySupplier)
        #expect(!contract.isEnded(at: 366 * 86_400 - 1) && contract.isEnded(at: 366 * 86_400))
    }

    @Test func `a contract of the first version is still read`() throws {
        let bytes = try file("contract/v1.bin")
        let contract = try Contract(bytes)
        #expect(contract.owner == customer.owner && contract.quota == 1 << 40)
        #expect(contract.sequence == 0 && contract.certificates == [customer.certificate.encoded])
        #expect(!contract.isSignedByCustomer && !contract.isSignedBySupplier)
        #expect(contract.encoded() == bytes)
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) { try Contract(Array(bytes[..<count])) }
        }
    }

    @Test func `every truncation is refused`() throws {
        let record = try fragmentRecord().encoded()
        let receipt = try receipt().encoded()
        let contract = try contract().encoded()
        for count in 0..<record.count {
            #expect(throws: FormatError.self) { try RecordHeader(Array(record[..<count])) }
        }
        for count in 0..<receipt.count {
            #expect(throws: FormatError.self) { try Receipt(Array(receipt[..<count])) }
        }
        for count in 0..<contract.count {
            #expect(throws: FormatError.self) { try Contract(Array(contract[..<count])) }
        }
        #expect(throws: FormatError.self) { try RecordHeader(record + [0]) }
        #expect(throws: FormatError.self) { try Receipt(receipt + [0]) }
        #expect(throws: FormatError.self) { try Contract(contract + [0]) }
    }

    @Test func `every changed bit is found`() throws {
        try fragmentRecord().encoded().forEachBitFlip { bytes, bit in
            if (try? RecordHeader(bytes)) != nil { Issue.record("record: bit \(bit)") }
        }
        try contract().encoded().forEachBitFlip { bytes, bit in
            if (try? Contract(bytes)) != nil { Issue.record("contract: bit \(bit)") }
        }
        try receipt().encoded().forEachBitFlip { bytes, bit in
            if let receipt = try? Receipt(bytes), receipt.isSigned {
                Issue.record("receipt: bit \(bit)")
            }
        }
    }

    @Test(arguments: [0, 1, 3000, 3740, 3741, 4000, 8000, 20 << 10])
    func `a header's length is known from its first page`(descriptorLength: Int) throws {
        let upload = try customer.upload(seed: 1, descriptorLength: descriptorLength)
        let record = RecordHeader(
            segment: 1, offset: 0, sequence: 1, mark: .zero,
            body: .fragment(upload.header, payloadChecksum: 0))
        let bytes = record.encoded()
        #expect(bytes.count == RecordHeader.length(for: upload.header))
        #expect(bytes.count % 4096 == 0 && bytes.count <= RecordHeader.lengthMax)
        #expect(RecordHeader.length(startingWith: Array(bytes[..<4096])) == bytes.count)
        #expect(try RecordHeader(bytes) == record)
    }
}
