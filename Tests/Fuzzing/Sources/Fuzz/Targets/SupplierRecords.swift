internal import Model
internal import Rebuilding
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
        FuzzTarget(name: "supplier-request") { bytes in
            recode(
                summed("BDSREQ01", bytes), decode: { try SupplierRequest($0) },
                encode: { $0.encoded() })
        },
        FuzzTarget(name: "supplier-response") { bytes in
            recode(
                summed("BDSRSP01", bytes), decode: { try SupplierResponse($0) },
                encode: { $0.encoded() })
        },
        FuzzTarget(name: "supplier-offer", fixtures: ["supplier-offer"]) { bytes in
            recode(bytes, decode: { try SupplierOffer($0) }, encode: { $0.encoded() })
        },
        FuzzTarget(name: "supplier-pointer", fixtures: ["supplier-pointer"]) { bytes in
            recode(bytes, decode: { try SupplierPointer($0) }, encode: { $0.encoded() })
        },
        FuzzTarget(name: "rebuild-grant", fixtures: ["rebuild-grant"]) { bytes in
            recode(bytes, decode: { try RebuildGrant($0) }, encode: { $0.encoded() })
        },
        FuzzTarget(name: "granted-block") { bytes in
            recode(
                summed("BDGBLK01", bytes), decode: { try GrantedBlock($0) },
                encode: { $0.encoded() })
        },
        FuzzTarget(name: "granted-family") { bytes in
            recode(
                summed("BDGFAM01", bytes), decode: { try GrantedFamily($0) },
                encode: { $0.encoded() })
        },
        FuzzTarget(name: "block-move") { bytes in
            recode(
                summed("BDMOVE01", bytes), decode: { try BlockMove($0) },
                encode: { $0.encoded() })
        },
    ]
}
