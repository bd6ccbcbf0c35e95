import Crypto
import Foundation
import Model
import Testing

@testable import Identities

struct SigningTests {
    private let key: DeviceKey

    init() throws { key = try DeviceKey(seed: countingSecret()) }

    @Test func `a signature holds for its message, its label and its key only`() throws {
        let message: [UInt8] = Array("fragment 7".utf8)
        let signature = try key.sign(message, for: .receipt)
        let other = try DeviceKey(seed: countingSecret(from: 1)).publicKey
        #expect(key.publicKey.isValid(signature, of: message, for: .receipt))
        #expect(!key.publicKey.isValid(signature, of: message, for: .head))
        #expect(!key.publicKey.isValid(signature, of: message + [0], for: .receipt))
        #expect(!key.publicKey.isValid(signature, of: [], for: .receipt))
        #expect(!other.isValid(signature, of: message, for: .receipt))
    }

    @Test func `a label and a message cannot run into each other`() {
        let short = SignatureLabel("a").signed(Array("b".utf8))
        let long = SignatureLabel("ab").signed([])
        #expect(short != long)
    }

    @Test func `no changed bit of a signature holds`() throws {
        let signature = try key.sign([1, 2, 3], for: .head)
        for bit in 0..<512 {
            var bytes = signature.array
            bytes[bit / 8] ^= 1 << (bit % 8)
            let changed = try #require(Signature(bytes))
            #expect(!key.publicKey.isValid(changed, of: [1, 2, 3], for: .head))
        }
        #expect(Signature([UInt8](repeating: 0, count: 63)) == nil)
        #expect(Signature([UInt8](repeating: 0, count: 65)) == nil)
    }

    @Test func `the key of a seed is the one RFC 8032 prints`() throws {
        // RFC 8032, 7.1, test 1.
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
        let secret = SecretBytes(Bytes32(Hex.decode(seed)!)!)
        let expected = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        #expect(try DeviceKey(seed: secret).publicKey.deviceID.description == expected)
    }

    @Test func `a user id is the golden digest of the public key`() throws {
        let identity = try IdentityKey(seed: countingSecret())
        let user = identity.publicKey.userID
        let text = "public-key \(Hex.encode(identity.publicKey.bytes.array))\nuser-id \(user)\n"
        try Fixtures.expectGolden(Array(text.utf8), "identity/user-id-v1.txt")
        #expect(user.bytes != identity.publicKey.bytes)
    }
}

struct WeakKeyTests {
    /// All encodings of the eight points of low order, also those with y not reduced.
    static let encodings: [String] = {
        let values = [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ]
        let signed = values.map { value in
            var bytes = Hex.decode(value)!
            bytes[31] |= 0x80
            return Hex.encode(bytes)
        }
        return values + signed
    }()

    @Test(arguments: encodings) func `a point of low order is no key`(encoding: String) throws {
        let bytes = try #require(Bytes32(Hex.decode(encoding) ?? []))
        #expect(DevicePublicKey(bytes) == nil)
    }

    @Test func `the library alone takes a signature that anyone can make for such a key`() throws {
        // R is the neutral point and S zero, so that the equation holds whenever the hash is a
        // multiple of the key's order: this is why such keys are refused.
        let forged = [1] + [UInt8](repeating: 0, count: 63)
        for encoding in WeakKeyTests.encodings[..<5] {
            let key = try Curve25519.Signing.PublicKey(rawRepresentation: Hex.decode(encoding)!)
            let taken = (0..<200).filter { key.isValidSignature(forged, for: [UInt8($0)]) }
            #expect(!taken.isEmpty, "\(encoding)")
        }
    }

    @Test func `a second encoding of a point is no key`() throws {
        for low in UInt64.max - 18...UInt64.max {
            let y = Bytes32(words: (low, .max, .max, .max >> 1))
            #expect(DevicePublicKey(y) == nil)
            #expect(DevicePublicKey(Bytes32(words: (low, .max, .max, .max))) == nil)
        }
        #expect(DevicePublicKey(Bytes32(words: (.max - 20, .max, .max, .max >> 1))) != nil)
    }

    @Test func `bytes that are no point verify nothing and do not trap`() throws {
        var state: UInt64 = 1
        for _ in 0..<500 {
            let words = (0..<12).map { _ -> UInt64 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return state ^ (state >> 29)
            }
            let bytes = Bytes32(words: (words[0], words[1], words[2], words[3]))
            let signature = words[4...].flatMap { word in
                (0..<8).map { UInt8(word >> ($0 * 8) & 255) }
            }
            guard let key = DevicePublicKey(bytes) else { continue }
            #expect(!key.isValid(Signature(signature)!, of: [1], for: .head))
        }
    }
}

struct SignatureVectorTests {
    struct File: Decodable {
        struct Group: Decodable {
            struct Key: Decodable { let pk: String }
            let publicKey: Key
            let tests: [Case]
        }
        struct Case: Decodable {
            let tcId: Int
            let msg: String
            let sig: String
            let result: String
        }
        let numberOfTests: Int
        let testGroups: [Group]
    }

    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: Fixtures.vectors.path),
            "needs ../shared/vectors/wycheproof"))
    func `every published Ed25519 vector is judged as stated`() throws {
        let url = Fixtures.vectors.appending(path: "ed25519_test.json")
        let file = try JSONDecoder().decode(File.self, from: try Data(contentsOf: url))
        var count = 0
        for group in file.testGroups {
            let key = VerifyingKey<DeviceNoun>(Bytes32(Hex.decode(group.publicKey.pk)!)!)
            for test in group.tests {
                count += 1
                let signature = Signature(Hex.decode(test.sig)!)
                let isValid =
                    signature.flatMap { signature in
                        key?.isValid(signature, ofUnlabelled: Hex.decode(test.msg)!)
                    } ?? false
                #expect(isValid == (test.result == "valid"), "\(test.tcId)")
            }
        }
        #expect(count == file.numberOfTests && count > 100)
    }
}
