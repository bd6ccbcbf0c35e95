import Model
import Testing

@testable import Identities

struct DeviceCertificateTests {
    private let certificate: DeviceCertificate

    init() throws {
        certificate = try DeviceCertificate(
            device: try DeviceKey(seed: countingSecret(from: 32)).publicKey,
            name: DisplayName("alice's laptop")!,
            created: Timestamp(nanoseconds: 1_799_496_000_000_000_000), sequence: 3,
            signedBy: try IdentityKey(seed: countingSecret()))
    }

    @Test func `a certificate has the golden bytes and reads back`() throws {
        let bytes = certificate.encoded
        try Fixtures.expectGolden(bytes, "identity/device-certificate-v1.bin")
        #expect(try DeviceCertificate(decoding: bytes) == certificate)
        #expect(bytes.count <= Limits.certificateLengthMax)
        #expect(certificate.userID == certificate.identity.userID)
    }

    @Test func `no changed bit, no cut and no tail is taken`() throws {
        let bytes = certificate.encoded
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: FormatError.self) { try DeviceCertificate(decoding: changed) }
        }
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) {
                try DeviceCertificate(decoding: Array(bytes[..<count]))
            }
        }
        #expect(throws: FormatError.trailingBytes(format: DeviceCertificate.format, count: 1)) {
            try DeviceCertificate(decoding: bytes + [0])
        }
    }

    @Test func `another identity's signature is refused`() throws {
        let other = try DeviceCertificate(
            device: certificate.device, name: certificate.name, created: certificate.created,
            sequence: certificate.sequence,
            signedBy: try IdentityKey(seed: countingSecret(from: 9)))
        let mixed = Array(certificate.encoded.dropLast(64)) + other.signature.array
        #expect(throws: FormatError.badSignature(format: DeviceCertificate.format)) {
            try DeviceCertificate(decoding: mixed)
        }
    }

    @Test func `well-signed nonsense is refused too`() throws {
        let identity = try IdentityKey(seed: countingSecret())
        func certificate(name: String, created: Int64, device: Bytes32) throws -> [UInt8] {
            var writer = ByteWriter()
            writer.magic("BDDCERT1")
            writer.bytes32(identity.publicKey.bytes)
            writer.bytes32(device)
            writer.integer(UInt64(1))
            writer.integer(created)
            writer.text(name)
            let signature = try identity.sign(writer.bytes, for: .deviceCertificate)
            return writer.bytes + signature.array
        }
        let device = self.certificate.device.bytes
        #expect(throws: Never.self) {
            try DeviceCertificate(
                decoding: try certificate(name: "ok", created: 0, device: device))
        }
        for name in [
            "", " a", "a ", "a  b", "a\nb", "a\u{202E}b", String(repeating: "x", count: 65),
        ] {
            #expect(throws: FormatError.self) {
                try DeviceCertificate(
                    decoding: try certificate(name: name, created: 0, device: device))
            }
        }
        #expect(throws: FormatError.invalid(format: DeviceCertificate.format, field: "created")) {
            try DeviceCertificate(
                decoding: try certificate(name: "ok", created: -1, device: device))
        }
        #expect(throws: FormatError.invalid(format: DeviceCertificate.format, field: "device")) {
            try DeviceCertificate(
                decoding: try certificate(name: "ok", created: 0, device: .zero))
        }
    }
}
