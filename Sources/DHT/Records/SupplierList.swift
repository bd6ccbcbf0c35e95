package import Identities
package import Model

/// The suppliers of a customer, in the order of their positions: what a new machine asks first.
///
/// Items of a device's key, salts `bitdust/suppliers/0`, `/1` ... with 24 suppliers each, all of
/// one sequence. Value: dictionary with `c` count of all suppliers, `i` ids one after the other (32
/// each), `p` number of the part. docs/formats/dht-records.md.
package struct SupplierList: Hashable, Sendable {
    package let suppliers: [SupplierID]
    package let sequence: Int64

    /// - Precondition: at most 1024 suppliers.
    package init(suppliers: [SupplierID], sequence: Int64) {
        precondition(suppliers.count <= Limits.supplierCountMax)
        self.suppliers = suppliers
        self.sequence = sequence
    }

    /// Where part `part` is; the first one says how many there are.
    package static func address(
        ofPart part: Int, writtenBy device: DevicePublicKey
    ) -> ItemAddress {
        ItemAddress(key: device.bytes, salt: salt(ofPart: part))
    }

    package static func partCount(of supplierCount: Int) -> Int {
        max(1, (supplierCount + partLength - 1) / partLength)
    }

    /// - Throws: ``SigningError/signingRefused``.
    package func items(signedBy device: DeviceKey) throws(SigningError) -> [Item] {
        var items: [Item] = []
        for part in 0..<SupplierList.partCount(of: suppliers.count) {
            var writer = BencodeWriter(reserving: 900)
            writer.beginDictionary()
            writer.text("c")
            writer.integer(Int64(suppliers.count))
            writer.text("i")
            let ids = suppliers.dropFirst(part * SupplierList.partLength)
                .prefix(SupplierList.partLength)
            writer.string(ids.flatMap(\.bytes.array))
            writer.text("p")
            writer.integer(Int64(part))
            writer.end()
            items.append(
                try Item(
                    value: writer.bytes, salt: SupplierList.salt(ofPart: part),
                    sequence: sequence, signedBy: device))
        }
        return items
    }

    /// Puts genuine parts together, all of them and of one sequence; `nil` for anything else.
    package init?(
        _ parts: [Item], writtenBy device: DevicePublicKey, verifier: any ItemVerifier
    ) {
        guard let first = parts.first else { return nil }
        var suppliers: [SupplierID] = []
        for (number, item) in parts.enumerated() {
            let address = SupplierList.address(ofPart: number, writtenBy: device)
            guard item.sequence == first.sequence, item.isGenuine(at: address, by: verifier),
                let part = Part(item.value), part.number == number,
                SupplierList.partCount(of: part.supplierCount) == parts.count,
                part.ids.count
                    == min(
                        SupplierList.partLength,
                        part.supplierCount - number * SupplierList.partLength)
            else { return nil }
            suppliers += part.ids
        }
        self.suppliers = suppliers
        sequence = first.sequence
    }

    /// How many suppliers the first part promises; `nil` when it is none.
    package static func supplierCount(in first: Item) -> Int? { Part(first.value)?.supplierCount }

    private static let partLength = Limits.suppliersPerRecordMax

    private static func salt(ofPart part: Int) -> [UInt8] {
        Array("bitdust/suppliers/\(part)".utf8)
    }

    private struct Part {
        let supplierCount: Int
        let ids: [SupplierID]
        let number: Int

        init?(_ value: [UInt8]) {
            var reader = RecordReader(value)
            guard let count = reader.integer("c"), count <= Limits.supplierCountMax,
                let bytes = reader.bytes(
                    "i", lengthMax: Bytes32.byteCount * SupplierList.partLength),
                bytes.count % Bytes32.byteCount == 0, let number = reader.integer("p"),
                number < Limits.supplierRecordCountMax, reader.isAtEnd
            else { return nil }
            supplierCount = Int(count)
            self.number = Int(number)
            ids = stride(from: 0, to: bytes.count, by: Bytes32.byteCount).compactMap {
                Bytes32(bytes[$0..<$0 + Bytes32.byteCount]).map(SupplierID.init)
            }
        }
    }
}
