import DHT
import Model
import Simulation
import Testing

@Suite struct BencodeTests {
    private func accepts(_ text: String) -> Bool {
        var reader = BencodeReader(Array(text.utf8))
        return (try? reader.skip()) != nil && (try? reader.finish()) != nil
    }

    @Test(
        arguments: [
            "i0e", "i-1e", "i9223372036854775807e", "i-9223372036854775808e", "0:", "4:spam", "le",
            "de", "l4:spami1ee", "d1:a0:1:bi0ee", "d0:i1e1:ai2ee", "d1:ai1e2:aai1ee",
            "llllllllleeeeeeee",
        ].dropLast())
    func `canonical values are read`(_ text: String) {
        #expect(accepts(text))
    }

    @Test(arguments: [
        "", "i", "ie", "i-e", "i-0e", "i00e", "i01e", "i+1e", "i1", "i 1e", "i1.0e",
        "i9223372036854775808e", "i-9223372036854775809e", "i99999999999999999999e",
        "i18446744073709551616e", "4:spa", "04:spam", "00:", "-1:a", "4spam", ":", "1:",
        "99999999999999999999:a", "18446744073709551615:a", "9223372036854775807:a", "l", "li1e",
        "d", "d1:a", "d1:ae", "di1ei1ee", "d1:bi1e1:ai1ee", "d1:ai1e1:ai1ee", "d2:aai1e1:ai1ee",
        "i1ei2e", "e", "x", "i1ee",
    ])
    func `everything else is refused`(_ text: String) {
        #expect(!accepts(text))
    }

    @Test func `eight levels are read and nine are not`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "l", count: depth) + String(repeating: "e", count: depth)
        }
        #expect(accepts(nested(8)))
        #expect(!accepts(nested(9)))
        #expect(!accepts(nested(100_000)))
        #expect(!accepts(String(repeating: "d1:a", count: 100_000)))
    }

    @Test func `errors say where`() {
        var reader = BencodeReader(Array("d1:bi1e1:ai1ee".utf8))
        #expect(throws: BencodeError.keysOutOfOrder(offset: 7)) { try reader.skip() }
        var number = BencodeReader(Array("i-0e".utf8))
        #expect(throws: BencodeError.badInteger(offset: 0)) { try number.integer() }
    }

    @Test func `what is written is read back`() throws {
        let random = SeededRandom(seed: 3)
        for _ in 0..<2000 {
            let bytes = value(random, depth: 0).encoded
            var reader = BencodeReader(bytes)
            #expect(try reader.skip() == 0..<bytes.count)
            try reader.finish()
        }
    }

    @Test func `every truncation of a value is refused`() {
        let random = SeededRandom(seed: 4)
        for _ in 0..<300 {
            let bytes = Value.list([value(random, depth: 1)]).encoded
            for count in 0..<bytes.count {
                var reader = BencodeReader(Array(bytes[..<count]))
                #expect(throws: BencodeError.self) { try reader.skip() }
            }
        }
    }

    /// Bytes that look like bencode: nothing may trap, and what is taken has one spelling.
    @Test func `random bytes never trap`() {
        let random = SeededRandom(seed: 5)
        let alphabet = Array("ilde0123456789:-a\u{0}".utf8)
        var acceptedCount = 0
        for _ in 0..<200_000 {
            let count = random.below(0..<24)
            let bytes = (0..<count).map { _ in alphabet[random.below(0..<alphabet.count)] }
            var reader = BencodeReader(bytes)
            if (try? reader.skip()) != nil { acceptedCount += 1 }
            _ = try? KRPCMessage(bytes)
        }
        #expect(acceptedCount > 100)
    }

    private func value(_ random: SeededRandom, depth: Int) -> Value {
        switch random.below(0..<(depth < 7 ? 5 : 3)) {
        case 0: .integer(Int64(bitPattern: random.next()))
        case 1: .integer(Int64(random.below(0..<100)) - 50)
        case 2: .bytes(random.bytes(random.below(0..<12)))
        case 3: .list((0..<random.below(0..<4)).map { _ in value(random, depth: depth + 1) })
        default:
            .dictionary(
                Dictionary(
                    (0..<random.below(0..<4)).map {
                        ("k\($0 * 7)", value(random, depth: depth + 1))
                    }, uniquingKeysWith: { one, _ in one }))
        }
    }
}
