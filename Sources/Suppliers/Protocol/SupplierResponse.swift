package import Model

/// What a supplier answers: the header of an answer, without the bytes that follow it.
///
/// ```
/// offset  length  field                          docs/formats/supplier-protocol.md
///      0       8  magic "BDSRSP01"
///      8       1  kind                           SupplierResponse.Kind
///      9       -  body                           by kind
///              4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/supplier-protocol/responses-v1.bin`.
package enum SupplierResponse: Equatable, Sendable {
    case refused(StoreError)
    /// Done; there is nothing more to say.
    case done
    /// The contract in force, `nil` when there is none.
    case contract(Contract?)
    case receipts([Receipt])
    /// The payload is what was asked for; with a proof (``RangeProof``) where one was wanted.
    case bytes(proof: [UInt8])
    case header(FragmentHeader)
    /// For each fragment asked about, in that order.
    case flags([Bool])
    case records([FragmentRecord])
    case heads(HeadsPage)
    case usage(StoreStanding)
    /// The payload is the ranges asked for, one after the other.
    case audit(AuditAnswer)
    /// What it would take, and the contract in force with who asks.
    case offer(SupplierOffer, Contract?)

    static let format = "supplier response"
    private static let magic: StaticString = "BDSRSP01"

    enum Kind: UInt8, CaseIterable {
        case refused = 1
        case done, contract, receipts, bytes, header, flags, records, heads, usage, audit
        case offer
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 512)
        writer.magic(SupplierResponse.magic)
        writer.byte(kind.rawValue)
        encode(into: &writer)
        writer.checksum()
        return writer.bytes
    }

    /// Reads an answer that nobody has checked. What it claims is the caller's to check.
    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = SupplierResponse.format
        guard bytes.count <= Limits.messageLengthMax else {
            throw .limitExceeded(
                format: format, field: "length", value: UInt64(bytes.count),
                limit: UInt64(Limits.messageLengthMax))
        }
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(SupplierResponse.magic)
        guard let kind = Kind(rawValue: try reader.byte()) else {
            throw .invalid(format: format, field: "kind")
        }
        self = try SupplierResponse(kind, from: &reader)
        try reader.finish()
    }

    private var kind: Kind {
        switch self {
        case .refused: .refused
        case .done: .done
        case .contract: .contract
        case .receipts: .receipts
        case .bytes: .bytes
        case .header: .header
        case .flags: .flags
        case .records: .records
        case .heads: .heads
        case .usage: .usage
        case .audit: .audit
        case .offer: .offer
        }
    }
}
