internal import Hashing
package import Model
internal import Placement
internal import Suppliers

/// A block as its owner hands it to a rebuilder: roots, places, and a signed header for each
/// fragment. Not its name, not what is in it, no length but that of its class.
///
/// ```
/// offset  length  field                          docs/formats/rebuilder.md
///      0       8  magic "BDGBLK01"
///      8       8  row                            what the owner calls it
///     16       1  1 for a block of the catalog, which comes first; else 0
///     17       2  data and parity fragments
///     19       4  fragment length                bytes
///     23       -  for each position: supplier 32, held 1, header: length 4 and a `FragmentHeader`
///              -  spares: count 4, each position 1 and supplier 32
///              4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/rebuilder/block-v1.bin`.
package struct GrantedBlock: Sendable {
    package let block: SealedBlock
    /// One for each position.
    package let headers: [FragmentHeader]

    private static let format = "granted block"
    private static let magic: StaticString = "BDGBLK01"
    package static let lengthMax =
        64 + Limits.fragmentCountMax * (Limits.fragmentHeaderLengthMax + 512)

    /// - Precondition: one header for each position, of its fragment.
    package init(_ block: SealedBlock, headers: [FragmentHeader]) {
        precondition(headers.map(\.fragment) == block.fragments)
        self.block = block
        self.headers = headers
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 64 + headers.count * 1600)
        writer.magic(GrantedBlock.magic)
        block.encodeShape(into: &writer)
        for (position, header) in headers.enumerated() {
            writer.identifier(block.holdings.places[position])
            writer.byte(block.holdings.isHeld[position] ? 1 : 0)
            writer.counted(header.encoded())
        }
        block.encodeSpares(into: &writer)
        writer.checksum()
        return writer.bytes
    }

    /// Reads the fields and holds the headers against each other. Their signatures are for whoever
    /// stores by them: the rebuilder checks each before it is used, the supplier again.
    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = GrantedBlock.format
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(GrantedBlock.magic)
        let row = try reader.integer(Int64.self)
        let isCatalog = try reader.bit("catalog")
        let (data, parity) = (Int(try reader.byte()), Int(try reader.byte()))
        guard let scheme = ErasureScheme(dataCount: data, parityCount: parity) else {
            throw .invalid(format: format, field: "scheme")
        }
        let length = try reader.count(limit: Limits.fragmentLengthMax, field: "length")
        var (places, isHeld, headers): ([SupplierID], [Bool], [FragmentHeader]) = ([], [], [])
        for _ in 0..<scheme.fragmentCount {
            places.append(try reader.identifier())
            isHeld.append(try reader.bit("held"))
            let header = try FragmentHeader(
                reader.counted(
                    limit: Limits.fragmentHeaderLengthMax + 512, field: "header"))
            guard header.length == length, header.owner == headers.first?.owner ?? header.owner
            else { throw .invalid(format: format, field: "header") }
            headers.append(header)
        }
        let spareCount = try reader.count(limit: Limits.spareCountMax, field: "spares")
        var spares: [BlockHoldings.Spare] = []
        for _ in 0..<spareCount {
            let position = Int(try reader.byte())
            guard position < scheme.fragmentCount else {
                throw .invalid(format: format, field: "spare")
            }
            let spare = BlockHoldings.Spare(position: position, supplier: try reader.identifier())
            // One way to write it: each once, in order.
            if let last = spares.last,
                (last.position, last.supplier) >= (spare.position, spare.supplier)
            {
                throw .invalid(format: format, field: "spare")
            }
            spares.append(spare)
        }
        try reader.finish()
        block = SealedBlock(
            holdings: BlockHoldings(
                row: row, kind: isCatalog ? .catalog : .data, scheme: scheme,
                fragmentLength: length, places: places, isHeld: isHeld, spares: spares),
            fragments: headers.map(\.fragment))
        self.headers = headers
    }
}

extension SealedBlock {
    /// Names what is known of a block, headers aside: owner and rebuilder have the same of it when
    /// they have the same digest.
    package var digest: Bytes32 {
        var writer = ByteWriter(reserving: 64 + fragments.count * 65)
        encodeShape(into: &writer)
        for (position, fragment) in fragments.enumerated() {
            writer.identifier(holdings.places[position])
            writer.byte(holdings.isHeld[position] ? 1 : 0)
            writer.identifier(fragment)
        }
        encodeSpares(into: &writer)
        return BLAKE3.hash(writer.bytes.span.bytes)
    }

    func encodeShape(into writer: inout ByteWriter) {
        writer.integer(row)
        writer.byte(holdings.kind == .catalog ? 1 : 0)
        writer.byte(UInt8(clamping: scheme.dataCount))
        writer.byte(UInt8(clamping: scheme.parityCount))
        writer.integer(UInt32(fragmentLength))
    }

    func encodeSpares(into writer: inout ByteWriter) {
        let spares = holdings.spares.sorted {
            ($0.position, $0.supplier) < ($1.position, $1.supplier)
        }.prefix(Limits.spareCountMax)
        writer.integer(UInt32(spares.count))
        for spare in spares {
            writer.byte(UInt8(clamping: spare.position))
            writer.identifier(spare.supplier)
        }
    }
}

extension ByteReader {
    mutating func bit(_ field: String) throws(FormatError) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        default: throw .invalid(format: format, field: field)
        }
    }
}
