import Foundation
import Hashing
import Model
import Testing

@Suite struct RangeProofTests {
    /// One leaf up to several groups, complete and not.
    private static let lengths =
        [0, 1, 1023, 1024, 1025, 2048, 2049, 3072, 5127, 8192, 16_384, 16_385, 17_408, 32_768]
        + [33_892, 49_152, 50_000]

    @Test(arguments: lengths + [65_536, 70_001, 1_048_576, 1_048_577, 2_099_201])
    func `the root of the tree is the hash of the bytes`(length: Int) {
        let bytes = input(length)
        #expect(FragmentTree(bytes.span.bytes).root == BLAKE3.hash(bytes.span.bytes))
    }

    @Test(arguments: lengths)
    func `every range of whole leaves is proved`(length: Int) throws {
        let bytes = input(length)
        let tree = FragmentTree(bytes.span.bytes)
        for range in provableRanges(length: length) {
            let proof = try prove(range, tree, bytes)
            let received = try RangeProof(decoding: proof.encoded())
            #expect(received == proof)
            try received.authenticate(
                bytes.span.bytes.extracting(range), as: range, length: length, root: tree.root)
        }
    }

    @Test func `ranges of a long fragment are proved`() throws {
        let length = TestInput.bytes.count
        let bytes = input(length)
        let tree = FragmentTree(bytes.span.bytes)
        let ranges = [
            0..<1024, 1024..<length, 0..<length, length - 1..<length, 2_048_000..<length,
            16_384..<32_768, 1_047_552..<1_049_600, 1_048_576..<2_097_152, 0..<2_097_152,
        ].map { RangeProof.provableRange(holding: $0, length: length) }
        for range in ranges {
            let proof = try prove(range, tree, bytes)
            #expect(proof.encoded().count <= 33 + 2 * 11 * 32)
            try proof.authenticate(
                bytes.span.bytes.extracting(range), as: range, length: length, root: tree.root)
        }
    }

    @Test(arguments: lengths.filter { $0 > 0 })
    func `bytes of another range are refused`(length: Int) throws {
        let bytes = input(length)
        let tree = FragmentTree(bytes.span.bytes)
        for range in provableRanges(length: length).prefix(200) {
            let proof = try prove(range, tree, bytes)
            var other = Array(bytes[range])
            other[other.count - 1] ^= 0x80
            #expect(throws: RangeProofError.self) {
                try proof.authenticate(
                    other.span.bytes, as: range, length: length, root: tree.root)
            }
        }
    }

    @Test func `every flipped bit and every truncation of the bytes is refused`() throws {
        let length = 20_000
        let bytes = input(length)
        let tree = FragmentTree(bytes.span.bytes)
        let range = 18_432..<20_000
        let proof = try prove(range, tree, bytes)
        var received = Array(bytes[range])
        for bit in 0..<received.count * 8 {
            received[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!isAuthentic(received, proof, range, length, tree.root))
            received[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        for count in 0..<received.count {
            let part = Array(received[..<count])
            #expect(!isAuthentic(part, proof, range, length, tree.root))
        }
        #expect(isAuthentic(received, proof, range, length, tree.root))
    }

    @Test func `every flipped bit of a proof is refused even with a new checksum`() throws {
        let (proof, range, length, tree) = try goldenProof()
        let bytes = Array(input(length)[range])
        let encoded = proof.encoded()
        for bit in 0..<(encoded.count - 4) * 8 {
            var changed = Array(encoded.dropLast(4))
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let received = resealed(changed)
            let decoded = try? RangeProof(decoding: received)
            let accepted = decoded.map { isAuthentic(bytes, $0, range, length, tree.root) }
            #expect(accepted != true, "bit \(bit)")
        }
    }

    @Test func `a proof with too few or too many values is refused`() throws {
        let encoded = Array(try goldenProof().proof.encoded().dropLast(4))
        for count in 0..<encoded.count {
            #expect(throws: FormatError.self) {
                try RangeProof(decoding: resealed(Array(encoded[..<count])))
            }
        }
        #expect(throws: FormatError.trailingBytes(format: "range proof", count: 32)) {
            try RangeProof(decoding: resealed(encoded + [UInt8](repeating: 7, count: 32)))
        }
    }

    @Test func `lengths and ranges that no fragment has are refused`() {
        let most = UInt64.max
        let limit = UInt64(Limits.fragmentLengthMax)
        let fields: [(UInt64, UInt64, UInt64)] = [
            (most, 0, most), (limit + 1, 0, 1024), (2048, 1, 1024), (2048, 1024, 1024),
            (2048, 0, 3072), (2048, 1024, 0), (2048, 0, 1025), (0, 0, 1), (2048, most, 1024),
            (1 << 63, 0, 1 << 63), (0, 1024, 1024), (2048, 2048, 2048),
        ]
        for (length, lower, upper) in fields {
            var writer = ByteWriter()
            writer.magic("BDRP")
            writer.byte(1)
            for field in [length, lower, upper] { writer.integer(field) }
            writer.checksum()
            #expect(throws: FormatError.self) { try RangeProof(decoding: writer.bytes) }
        }
    }

    @Test func `random bytes are no proof`() {
        for start in 0..<300 {
            let bytes = Array(TestInput.bytes[start * 100..<start * 101 + 40])
            #expect(throws: FormatError.self) { try RangeProof(decoding: bytes) }
            #expect(throws: FormatError.self) { try RangeProof(decoding: resealed(bytes)) }
        }
    }

    @Test func `the golden proof stays readable`() throws {
        let (proof, range, length, tree) = try goldenProof()
        let file = TestInput.fixtures.appending(path: "range-proof/v1.bin")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Data(proof.encoded()).write(to: file)
        }
        let golden = [UInt8](try Data(contentsOf: file))
        #expect(golden == proof.encoded())
        let received = try RangeProof(decoding: golden)
        #expect(isAuthentic(Array(input(length)[range]), received, range, length, tree.root))
        for count in golden.indices {
            #expect(throws: FormatError.self) {
                try RangeProof(decoding: Array(golden[..<count]))
            }
        }
        for bit in 0..<golden.count * 8 {
            var changed = golden
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: FormatError.self) { try RangeProof(decoding: changed) }
        }
    }

    @Test func `what was asked for is compared with what the proof is about`() throws {
        let (proof, range, length, tree) = try goldenProof()
        let bytes = Array(input(length)[range])
        let other = 0..<1024
        #expect(throws: RangeProofError.otherRange(asked: other, proved: range)) {
            try proof.authenticate(bytes.span.bytes, as: other, length: length, root: tree.root)
        }
        #expect(throws: RangeProofError.otherLength(asked: length + 1, proved: length)) {
            try proof.authenticate(bytes.span.bytes, as: range, length: length + 1, root: tree.root)
        }
        #expect(throws: RangeProofError.wrongRoot(expected: .zero, found: tree.root)) {
            try proof.authenticate(bytes.span.bytes, as: range, length: length, root: .zero)
        }
    }

    @Test func `a proof is made for whole leaves only and from the covering bytes`() {
        let bytes = input(40_000)
        let tree = FragmentTree(bytes.span.bytes)
        for range in [1..<1024, 0..<1000, 0..<40_001, 1024..<1024, 39_936..<40_960] {
            #expect(throws: RangeProofError.unprovable(range: range, length: 40_000)) {
                try tree.proof(of: range, in: bytes.span.bytes)
            }
        }
        #expect(tree.coveringRange(of: 17_408..<18_432) == 16_384..<32_768)
        #expect(throws: RangeProofError.byteCount(have: 40_000, need: 16_384)) {
            try tree.proof(of: 17_408..<18_432, in: bytes.span.bytes)
        }
    }
}

extension RangeProofTests {
    fileprivate func input(_ length: Int) -> [UInt8] { Array(TestInput.bytes.prefix(length)) }

    fileprivate func provableRanges(length: Int) -> [Range<Int>] {
        guard length > 0 else { return [0..<0] }
        return stride(from: 0, to: length, by: 1024).flatMap { lower in
            stride(from: lower + 1024, to: length + 1024, by: 1024).map {
                lower..<min($0, length)
            }
        }
    }

    fileprivate func prove(
        _ range: Range<Int>, _ tree: FragmentTree, _ bytes: [UInt8]
    ) throws -> RangeProof {
        let covering = tree.coveringRange(of: range)
        return try tree.proof(of: range, in: bytes.span.bytes.extracting(covering))
    }

    fileprivate func goldenProof() throws -> (
        proof: RangeProof, range: Range<Int>, length: Int, tree: FragmentTree
    ) {
        let length = 70_001
        let tree = FragmentTree(input(length).span.bytes)
        let range = 20_480..<23_552
        return (try prove(range, tree, input(length)), range, length, tree)
    }

    fileprivate func resealed(_ bytes: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.raw(bytes)
        writer.checksum()
        return writer.bytes
    }

    fileprivate func isAuthentic(
        _ bytes: [UInt8], _ proof: RangeProof, _ range: Range<Int>, _ length: Int, _ root: Bytes32
    ) -> Bool {
        do {
            try proof.authenticate(bytes.span.bytes, as: range, length: length, root: root)
            return true
        } catch {
            return false
        }
    }
}
