import Crypto
import Identities
import Model
import Testing

@testable import Networking

@Suite struct SessionCertificateTests {
    private static let golden = "session/certificate-v1.bin"

    private let key: P256.Signing.PrivateKey
    private let deviceKey: DeviceKey
    private let device: DeviceCertificate

    init() throws {
        key = try #require(SessionIdentity.freshKey(SystemRandom()))
        deviceKey = try DeviceKey(seed: countingSecret(from: 7))
        device = try SessionNode.certificate(user: 3, device: deviceKey)
    }

    private func minted() throws -> [UInt8] {
        try SessionCertificate.mint(for: key, device: device, signedBy: deviceKey)
    }

    @Test func `what is minted is taken and small`() throws {
        let bytes = try minted()
        #expect(try SessionCertificate(decoding: bytes).device == device)
        #expect(bytes.count < 700)
    }

    @Test func `the golden certificate is taken, and no changed bit, cut or tail of it`() throws {
        try SessionGolden.update(try minted(), SessionCertificateTests.golden)
        let bytes = try SessionGolden.bytes(SessionCertificateTests.golden)
        #expect(try SessionCertificate(decoding: bytes).device == device)
        // Two or three bits of each byte: each costs milliseconds without the optimiser.
        for bit in stride(from: 0, to: bytes.count * 8, by: 3) {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: FormatError.self) { try SessionCertificate(decoding: changed) }
        }
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) {
                try SessionCertificate(decoding: Array(bytes[..<count]))
            }
        }
        #expect(throws: FormatError.self) { try SessionCertificate(decoding: bytes + [0]) }
    }

    @Test func `a device's word for one TLS key is none for another`() throws {
        let other = try #require(SessionIdentity.freshKey(SystemRandom()))
        let parts = try CertificateTemplate.parts(of: try minted())
        let publicKey = [UInt8](other.publicKey.derRepresentation)
        let swapped = try SessionCertificate.seal(
            publicKey: publicKey, binding: parts.binding, with: other)
        #expect(throws: FormatError.badSignature(format: SessionCertificate.format)) {
            try SessionCertificate(decoding: swapped)
        }
    }

    @Test func `another device's key cannot speak for a certificate`() throws {
        let thief = try DeviceKey(seed: countingSecret(from: 8))
        let bytes = try SessionCertificate.mint(for: key, device: device, signedBy: thief)
        #expect(throws: FormatError.badSignature(format: SessionCertificate.format)) {
            try SessionCertificate(decoding: bytes)
        }
    }

    @Test func `a word under another label is none`() throws {
        let publicKey = [UInt8](key.publicKey.derRepresentation)
        var binding = ByteWriter()
        binding.counted(device.encoded)
        binding.raw(try deviceKey.sign(publicKey, for: .receipt).array)
        let bytes = try SessionCertificate.seal(
            publicKey: publicKey, binding: binding.bytes, with: key)
        #expect(throws: FormatError.badSignature(format: SessionCertificate.format)) {
            try SessionCertificate(decoding: bytes)
        }
    }

    @Test func `a long certificate is refused before it is read`() throws {
        let publicKey = [UInt8](key.publicKey.derRepresentation)
        let bytes = try SessionCertificate.seal(
            publicKey: publicKey, binding: [UInt8](repeating: 0, count: 4000), with: key)
        let limit = Limits.sessionCertificateLengthMax
        #expect(
            throws: FormatError.limitExceeded(
                format: SessionCertificate.format, field: "certificate",
                value: UInt64(bytes.count), limit: UInt64(limit))
        ) { try SessionCertificate(decoding: bytes) }
    }

    @Test func `lengths that are not the shortest are refused`() {
        for bytes: [UInt8] in [
            [0x30, 0x81, 0x7f], [0x30, 0x82, 0x00, 0xff], [0x30, 0x80], [0x30, 0x83, 0, 0, 1],
            [0x30, 0xff], [0x30], [], [0x31, 0x00], [0x30, 0x05, 1, 2],
        ] {
            #expect(throws: FormatError.self) {
                var reader = DERReader(bytes)
                _ = try reader.enter(DERTag.sequence, "test")
            }
        }
    }

    @Test func `random and damaged certificates never trap`() throws {
        let bytes = try minted()
        var dice = Dice(11)
        for _ in 0..<500 {
            var damaged = bytes
            for _ in 0...dice.roll(4) {
                let place = dice.roll(damaged.count)
                switch dice.roll(3) {
                case 0: damaged[place] = UInt8(dice.roll(256))
                case 1: damaged.remove(at: place)
                default: damaged.insert(UInt8(dice.roll(256)), at: place)
                }
            }
            if damaged != bytes {
                #expect(throws: FormatError.self) { try SessionCertificate(decoding: damaged) }
            }
            let noise = (0..<dice.roll(200)).map { _ in UInt8(dice.roll(256)) }
            #expect(throws: FormatError.self) { try SessionCertificate(decoding: noise) }
        }
    }
}
