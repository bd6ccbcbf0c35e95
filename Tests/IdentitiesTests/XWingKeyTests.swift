import Crypto
import Foundation
import Model
import Testing

@testable import Identities

struct XWingKeyTests {
    @Test func `a key is taken, and every point with which a secret is zero is not`() throws {
        let bytes = try DocumentSamples.xWing().bytes
        #expect(XWingPublicKey(bytes) != nil)
        let one = [1] + [UInt8](repeating: 0, count: 31)
        let prime = [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
        var weak = [[UInt8](repeating: 0, count: 32), one, prime]
        weak.append([0xEC] + prime.dropFirst())  // -1
        weak.append([0xEE] + prime.dropFirst())  // 1 again
        weak.append(
            Hex.decode("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")!)
        weak.append(
            Hex.decode("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")!)
        let secret = Curve25519.KeyAgreement.PrivateKey()
        for point in weak {
            #expect(XWingPublicKey(bytes.dropLast(32) + point) == nil)
            // The library gives the zero secret, or throws: so the list is right.
            let key = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: Data(point))
            let shared = try? secret.sharedSecretFromKeyAgreement(with: key)
            #expect(shared?.withUnsafeBytes { $0.allSatisfy { $0 == 0 } } ?? true)
            var high = point
            high[31] |= 0x80
            #expect(XWingPublicKey(bytes.dropLast(32) + high) == nil)
        }
    }

    @Test func `other lengths and lattice keys that are not reduced are refused`() throws {
        let bytes = try DocumentSamples.xWing().bytes
        #expect(XWingPublicKey([]) == nil)
        #expect(XWingPublicKey(Array(bytes.dropLast())) == nil)
        #expect(XWingPublicKey(bytes + [0]) == nil)
        var large = bytes
        large[0] = 0xFF
        large[1] = 0xFF
        #expect(XWingPublicKey(large) == nil, "coefficient 4095")
    }
}
