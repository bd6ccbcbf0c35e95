internal import Model
internal import Suppliers

// What a supplier reads from its customers and from its own disk.

extension FuzzTarget {
    static let suppliers = [
        FuzzTarget(name: "receipt", fixtures: ["receipt"]) { bytes in
            recode(bytes, decode: Receipt.init, encode: { $0.encoded() })
        },
        FuzzTarget(name: "contract", fixtures: ["contract"]) { bytes in
            recode(bytes, decode: Contract.init, encode: { $0.encoded() })
        },
        FuzzTarget(name: "record-header", fixtures: ["segment"]) { bytes in
            _ = try? RecordHeader(bytes)
        },
    ]
}
