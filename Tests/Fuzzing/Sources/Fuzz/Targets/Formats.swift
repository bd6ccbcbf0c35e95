internal import Compressing
internal import Hashing
internal import Model

// The formats of Model/Formats and of the stages. A checksum would keep the fuzzer out, so each
// input is read as it is and once more with its checksum mended.

extension FuzzTarget {
    static let formats = [
        FuzzTarget(name: "tree", fixtures: ["tree"]) { bytes in
            both(bytes) { recode($0, decode: Tree.init, encode: { $0.encoded() }) }
        },
        FuzzTarget(name: "snapshot", fixtures: ["snapshot"]) { bytes in
            both(bytes) { recode($0, decode: Snapshot.init, encode: { $0.encoded() }) }
        },
        FuzzTarget(name: "catalog-page", fixtures: ["catalog-page"]) { bytes in
            both(bytes) { recode($0, decode: CatalogPage.init, encode: { $0.encoded() }) }
        },
        FuzzTarget(name: "head-body", fixtures: ["head-body"]) { bytes in
            both(bytes) { recode($0, decode: HeadBody.init, encode: { $0.encoded() }) }
        },
        FuzzTarget(name: "head", fixtures: ["head"]) { bytes in
            recode(bytes, decode: Head.init, encode: { $0.encoded() })
        },
        FuzzTarget(name: "fragment-header", fixtures: ["fragment-header"]) { bytes in
            recode(bytes, decode: FragmentHeader.init, encode: { $0.encoded() })
        },
        FuzzTarget(name: "range-proof", fixtures: ["blake3/range-proof"]) { bytes in
            both(bytes) { input in
                recode(input, decode: RangeProof.init(decoding:), encode: { $0.encoded() })
            }
        },
        FuzzTarget(name: "block-table", run: readBlock),
        FuzzTarget(name: "frame", fixtures: ["frame"], run: expandFrame),
    ]

    private static func both(_ bytes: [UInt8], _ read: ([UInt8]) -> Void) {
        read(bytes)
        var writer = ByteWriter()
        writer.raw(bytes)
        writer.checksum()
        read(writer.bytes)
    }

    /// Kind and table; header, frames and padding are made to fit.
    private static func readBlock(_ bytes: [UInt8]) {
        var reader = ByteReader(Array(bytes.dropFirst()), format: "block")
        guard let kind = bytes.first.flatMap(BlockKind.init),
            let frames = try? BlockTable.decodeFrames(&reader)
        else { return }
        let table = BlockTable(kind: kind, frames: frames)
        let (header, body) = table.encoded()
        let length = BlockLength.all.map(\.plaintextLength).first {
            $0 >= table.tableOffset + body.count
        }
        guard let length else { return }
        var block = header
        block += [UInt8](repeating: 0, count: table.tableOffset - block.count)
        block += body
        block += [UInt8](repeating: 0, count: length - block.count)
        let again = block.withUnsafeBytes { try? BlockTable(plaintext: $0) }
        demand(again?.frames == frames, "a table is read from its block as it was written")
    }

    /// Codec, length of the plaintext, frame.
    private static func expandFrame(_ bytes: [UInt8]) {
        guard bytes.count > 4, let codec = Codec(rawValue: bytes[0] % 3) else { return }
        let length = Int(bytes[1]) | Int(bytes[2]) << 8 | Int(bytes[3] & 31) << 16
        let expander = FrameExpander()
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 16)
        defer { target.deallocate() }
        bytes[4...].withUnsafeBytes {
            try? expander.expand($0, codec: codec, into: target)
        }
    }
}
