internal import Model

// The bodies of answers. Page: docs/formats/supplier-protocol.md.

extension SupplierResponse {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .refused(let error): error.encode(into: &writer)
        case .done: break
        case .contract(let contract): writer.counted(contract?.encoded() ?? [])
        case .receipts(let receipts):
            writer.integer(UInt32(receipts.count))
            for receipt in receipts { writer.counted(receipt.encoded()) }
        case .bytes(let proof): writer.counted(proof)
        case .header(let header): writer.counted(header.encoded())
        case .flags(let flags):
            writer.integer(UInt32(flags.count))
            for flag in flags { writer.byte(flag ? 1 : 0) }
        case .records(let records):
            writer.integer(UInt32(records.count))
            for record in records {
                writer.identifier(record.id)
                writer.integer(UInt32(clamping: record.length))
            }
        case .heads(let page): page.encode(into: &writer)
        case .usage(let standing):
            let (store, customer) = (standing.store, standing.customer)
            for value in [
                store.capacity, store.used, store.tombstoned, store.fragmentCount,
                customer.quota, customer.charged,
            ] { writer.integer(UInt64(clamping: value)) }
            writer.integer(standing.end ?? 0)
        case .audit(let answer): answer.encode(into: &writer)
        case .offer(let offer, let contract):
            writer.counted(offer.encoded())
            writer.counted(contract?.encoded() ?? [])
        }
    }

    init(_ kind: Kind, from reader: inout ByteReader) throws(FormatError) {
        switch kind {
        case .refused: self = .refused(try StoreError(from: &reader))
        case .done: self = .done
        case .contract: self = .contract(try SupplierResponse.contract(from: &reader))
        case .receipts: self = .receipts(try SupplierResponse.receipts(from: &reader))
        case .bytes:
            self = .bytes(proof: try reader.counted(limit: Limits.grantLengthMax, field: "proof"))
        case .header:
            let bytes = try reader.counted(limit: RecordHeader.lengthMax, field: "header")
            self = .header(try FragmentHeader(bytes))
        case .flags: self = .flags(try SupplierResponse.flags(from: &reader))
        case .records: self = .records(try SupplierResponse.records(from: &reader))
        case .heads: self = .heads(try HeadsPage(from: &reader))
        case .usage: self = try .usage(from: &reader)
        case .audit: self = .audit(try AuditAnswer(from: &reader))
        case .offer:
            let bytes = try reader.counted(limit: SupplierOffer.lengthMax, field: "offer")
            let offer = try SupplierOffer(bytes)
            self = .offer(offer, try SupplierResponse.contract(from: &reader))
        }
    }

    private static func contract(
        from reader: inout ByteReader
    ) throws(FormatError) -> Contract? {
        let bytes = try reader.counted(limit: Contract.lengthMax, field: "contract")
        return bytes.isEmpty ? nil : try Contract(bytes)
    }

    private static func receipts(from reader: inout ByteReader) throws(FormatError) -> [Receipt] {
        let count = try reader.count(limit: Limits.groupCommitCountMax, field: "receipts")
        var receipts: [Receipt] = []
        for _ in 0..<count {
            receipts.append(try Receipt(reader.counted(limit: 256, field: "receipt")))
        }
        return receipts
    }

    private static func flags(from reader: inout ByteReader) throws(FormatError) -> [Bool] {
        let count = try reader.count(limit: Limits.messageFragmentCountMax, field: "flags")
        try reader.need(count)
        var flags: [Bool] = []
        for _ in 0..<count { flags.append(try reader.flag("flag")) }
        return flags
    }

    private static func records(
        from reader: inout ByteReader
    ) throws(FormatError) -> [FragmentRecord] {
        let count = try reader.count(limit: Limits.messageFragmentCountMax, field: "records")
        try reader.need(count * 36)
        var records: [FragmentRecord] = []
        for _ in 0..<count {
            let id = try reader.identifier(FragmentID.self)
            let length = try reader.count(limit: Limits.fragmentLengthMax, field: "length")
            records.append(FragmentRecord(id: id, length: length))
        }
        return records
    }

    private static func usage(from reader: inout ByteReader) throws(FormatError) -> Self {
        var values: [Int] = []
        for _ in 0..<6 {
            guard let value = Int(exactly: try reader.integer(UInt64.self)) else {
                throw .invalid(format: reader.format, field: "usage")
            }
            values.append(value)
        }
        let end = try reader.integer(Int64.self)
        guard end >= 0 else { throw .invalid(format: reader.format, field: "end") }
        return .usage(
            StoreStanding(
                store: StoreUsage(
                    capacity: values[0], used: values[1], tombstoned: values[2],
                    fragmentCount: values[3]),
                customer: CustomerUsage(quota: values[4], charged: values[5]),
                end: end == 0 ? nil : end))
    }
}
