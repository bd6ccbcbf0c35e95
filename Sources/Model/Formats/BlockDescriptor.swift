/// Where one fragment of a block is and what it must be.
package struct FragmentPlace: Hashable, Sendable {
    package let supplier: SupplierID
    package let fragment: FragmentID

    package init(supplier: SupplierID, fragment: FragmentID) {
        self.supplier = supplier
        self.fragment = fragment
    }
}

/// All that is needed to fetch, check and decode one sealed block. Never leaves the customer
/// unsealed.
///
/// ```
/// offset  length  field
///      0      32  block id
///     32       1  kind                   BlockKind
///     33       1  data count
///     34       1  parity count
///     35       4  sealed length          bytes
///     39       -  for each fragment: supplier id 32, fragment id 32
/// ```
package struct BlockDescriptor: Hashable, Sendable {
    package let block: BlockID
    package let kind: BlockKind
    package let scheme: ErasureScheme
    package let length: BlockLength
    /// One for each position, `scheme.fragmentCount` of them.
    package let places: [FragmentPlace]

    /// - Precondition: `places` has one entry for each fragment of the scheme.
    package init(
        block: BlockID, kind: BlockKind, scheme: ErasureScheme, length: BlockLength,
        places: [FragmentPlace]
    ) {
        precondition(places.count == scheme.fragmentCount)
        self.block = block
        self.kind = kind
        self.scheme = scheme
        self.length = length
        self.places = places
    }

    package var fragmentLength: Int {
        scheme.fragmentLength(sealedLength: length.sealedLength)
    }

    package func encode(into writer: inout ByteWriter) {
        writer.identifier(block)
        writer.byte(kind.rawValue)
        writer.byte(UInt8(scheme.dataCount))
        writer.byte(UInt8(scheme.parityCount))
        writer.integer(UInt32(length.sealedLength))
        for place in places {
            writer.identifier(place.supplier)
            writer.identifier(place.fragment)
        }
    }

    package init(from reader: inout ByteReader) throws(FormatError) {
        let block = try reader.identifier(BlockID.self)
        guard let kind = BlockKind(rawValue: try reader.byte()) else {
            throw .invalid(format: reader.format, field: "kind")
        }
        let dataCount = Int(try reader.byte())
        let parityCount = Int(try reader.byte())
        guard let scheme = ErasureScheme(dataCount: dataCount, parityCount: parityCount) else {
            throw .invalid(format: reader.format, field: "scheme")
        }
        guard let length = BlockLength(exactly: Int(try reader.integer(UInt32.self))) else {
            throw .invalid(format: reader.format, field: "sealed length")
        }
        try reader.need(scheme.fragmentCount * 64)
        var places: [FragmentPlace] = []
        for _ in 0..<scheme.fragmentCount {
            places.append(
                FragmentPlace(
                    supplier: try reader.identifier(), fragment: try reader.identifier()))
        }
        self.init(block: block, kind: kind, scheme: scheme, length: length, places: places)
    }
}
