import Foundation
import Hashing
import Model
import Testing

private struct OfficialVectors: Decodable {
    struct Case: Decodable {
        let inputLength: Int
        let plain: String
        let keyed: String
        let derived: String

        enum CodingKeys: String, CodingKey {
            case inputLength = "input_len"
            case plain = "hash"
            case keyed = "keyed_hash"
            case derived = "derive_key"
        }
    }

    let key: String
    let context: String
    let cases: [Case]

    enum CodingKeys: String, CodingKey {
        case key, cases
        case context = "context_string"
    }

    static let file = TestInput.packageRoot
        .appending(path: "../shared/vectors/blake3_test_vectors.json").standardizedFileURL
    static var isPresent: Bool { FileManager.default.fileExists(atPath: file.path) }
}

@Suite struct VectorTests {
    @Test(
        .enabled(if: OfficialVectors.isPresent, "needs blake3_test_vectors.json"),
        arguments: TestInput.kernels)
    func `the official vectors hold with every kernel`(kernel: BLAKE3.Kernel) throws {
        let vectors = try JSONDecoder().decode(
            OfficialVectors.self, from: Data(contentsOf: OfficialVectors.file))
        let key = try #require(Bytes32(vectors.key.utf8))
        #expect(vectors.cases.count == 35)
        for vector in vectors.cases {
            let input = (0..<vector.inputLength).map { UInt8($0 % 251) }
            let expectations: [(BLAKE3.Mode, String)] = [
                (.plain, vector.plain), (.keyed(key), vector.keyed),
                (.derivingKey(context: vectors.context), vector.derived),
            ]
            for (mode, hex) in expectations {
                expectDigests(of: input.span.bytes, mode, kernel, are: hex)
            }
        }
    }

    @Test(arguments: TestInput.kernels)
    func `the vectors of another implementation hold with every kernel`(
        kernel: BLAKE3.Kernel
    ) throws {
        let text = try String(
            contentsOf: TestInput.fixtures.appending(path: "vectors.txt"), encoding: .utf8)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 147)
        let bytes = TestInput.bytes
        for line in lines {
            let fields = line.split(separator: " ")
            let length = try #require(Int(fields[0]))
            let names = ["plain", "keyed", "derive"]
            let mode = TestInput.modes[try #require(names.firstIndex(of: String(fields[1])))]
            expectDigests(
                of: bytes.span.bytes.extracting(0..<length), mode, kernel,
                are: String(fields[2]))
        }
    }

    @Test func `the short forms are the modes`() {
        let bytes = TestInput.bytes
        let input = bytes.span.bytes.extracting(0..<5000)
        let context = TestInput.context
        let fixed: StaticString = "bitdust 2026-01 test vectors"
        let plain = BLAKE3.hash(input)
        let keyed = BLAKE3.keyedHash(input, key: TestInput.key)
        let derived = BLAKE3.deriveKey(context: context, material: input)
        let derivedFixed = BLAKE3.deriveKey(context: fixed, material: input)
        #expect(plain == TestInput.digest(0..<5000))
        #expect(keyed == TestInput.digest(0..<5000, .keyed(TestInput.key)))
        #expect(derived == TestInput.digest(0..<5000, .derivingKey(context: context)))
        #expect(derived == derivedFixed)
        #expect(Set([plain, keyed, derived]).count == 3)
    }

    /// Holds the digest and extended digests of several lengths against the hexadecimal `digest`.
    private func expectDigests(
        of input: RawSpan, _ mode: BLAKE3.Mode, _ kernel: BLAKE3.Kernel, are digest: String
    ) {
        let found = BLAKE3.hash(input, mode: mode, kernel: kernel).withBytes { Hex.encode($0) }
        let length = input.byteCount
        #expect(found == digest.prefix(64), "\(length) bytes, \(kernel)")
        for byteCount in [0, 1, 31, 64, 65, digest.count / 2] {
            let extended = BLAKE3.extendedHash(
                input, mode: mode, byteCount: byteCount, kernel: kernel)
            #expect(Hex.encode(extended) == digest.prefix(byteCount * 2))
        }
    }
}
