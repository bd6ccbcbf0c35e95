import DHT
import Model
import Simulation
import Testing

@Suite struct SavedContactsTests {
    private let sample = SavedContacts(
        own: nodeID(1),
        contacts: [
            Contact(id: nodeID(3), endpoint: Endpoint(.v4(0x0506_0708), port: 14441)),
            Contact(id: nodeID(2), endpoint: Endpoint(.v6(0x2001_0db8_0000_0001, 5), port: 1)),
            Contact(id: nodeID(4), endpoint: Endpoint(.v4(0xc0a8_0101), port: 65535)),
        ])

    @Test func `the bytes of version 1 never change and come back`() throws {
        let bytes = sample.encoded
        #expect(bytes == (try golden("dht/contacts-v1.bin", bytes)))
        let read = try SavedContacts(decoding: bytes)
        #expect(read == sample && read.encoded == bytes)
        #expect(read.contacts.map(\.id) == read.contacts.map(\.id).sorted())
    }

    @Test func `every truncation, every changed bit and every tail is refused`() throws {
        let bytes = sample.encoded
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) {
                try SavedContacts(decoding: Array(bytes[..<count]))
            }
        }
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: FormatError.self) { try SavedContacts(decoding: changed) }
        }
        #expect(throws: FormatError.self) { try SavedContacts(decoding: bytes + [0]) }
    }

    /// With the checksum mended, what is taken is the one encoding of its value.
    @Test func `a forged checksum gets nothing but canonical values in`() throws {
        let bytes = Array(sample.encoded.dropLast(4))
        let random = SeededRandom(seed: 1)
        var acceptedCount = 0
        for _ in 0..<20_000 {
            var changed = bytes
            for _ in 0...random.below(0..<3) {
                changed[random.below(0..<changed.count)] =
                    [0, 1, 4, 6, 0x7f, 0xff, UInt8(random.below(0..<256))][random.below(0..<7)]
            }
            if random.below(0..<4) == 0 { changed.removeLast(random.below(1..<changed.count)) }
            var writer = ByteWriter()
            writer.raw(changed)
            writer.checksum()
            guard let read = try? SavedContacts(decoding: writer.bytes) else { continue }
            acceptedCount += 1
            #expect(read.encoded == writer.bytes)
        }
        #expect(acceptedCount > 100)
    }

    @Test func `at most 2048 contacts are kept, one of each id`() throws {
        let many = (0..<3000 as Range<UInt64>).map {
            Contact(id: nodeID($0 % 2500), endpoint: Endpoint(.v4(UInt32($0) + 1), port: 1))
        }
        let saved = SavedContacts(own: nodeID(1), contacts: many)
        #expect(saved.contacts.count == 2048)
        #expect(try SavedContacts(decoding: saved.encoded) == saved)
    }
}
