import Crypto
import Foundation
import Model
import Testing

@testable import Sealing

struct KeyHierarchyTests {
    private let seed = RootSeed(countingSecret())

    private func line(_ name: String, _ secret: SecretBytes) -> String {
        "\(name) \(secret.withBytes { Hex.encode($0) })\n"
    }

    @Test func `the hierarchy has the golden values`() throws {
        let keys = RepositoryKeys(masterKey: seed.repositoryMasterKey)
        var text = line("root-seed", seed.secret)
        text += line("identity-seed", seed.identitySeed)
        text += line("grant-seed", seed.grantSeed)
        text += "grant-public-key-sha256 "
        text += Hex.encode(Array(SHA256.hash(data: try seed.grantPublicKey()))) + "\n"
        text += line("repository-master-key", seed.repositoryMasterKey)
        text += "repository-id \(keys.repository)\n"
        text += line("seal", keys.seal)
        text += line("descriptor", keys.descriptor)
        text += line("head", keys.head)
        text += line("chunk-id", keys.chunkID)
        text += line("chunker", keys.chunker)
        text += line("placement", keys.placement)
        try Fixtures.expectGolden(Array(text.utf8), "seal/keys-v1.txt")
    }

    @Test func `no two keys are the same`() {
        let keys = RepositoryKeys(masterKey: seed.repositoryMasterKey)
        let all = [
            seed.secret, seed.identitySeed, seed.grantSeed, seed.repositoryMasterKey, keys.seal,
            keys.descriptor, keys.head, keys.chunkID, keys.chunker, keys.placement,
            SecretBytes(keys.repository.bytes),
        ]
        #expect(Set(all.map { $0.withBytes { Bytes32($0) } }).count == all.count)
    }

    @Test func `keys are derived as RFC 5869 says`() {
        // Extract with an empty salt, then one round of expand, written out with HMAC.
        let label = Array("bitdust/v1/repository/master".utf8)
        let extracted = HMAC<SHA512>.authenticationCode(
            for: (0..<32).map { UInt8($0) },
            using: SymmetricKey(data: [UInt8](repeating: 0, count: 64)))
        let expanded = HMAC<SHA512>.authenticationCode(
            for: label + [1], using: SymmetricKey(data: Array(extracted)))
        let expected = SecretBytes(Bytes32(Array(expanded)[..<32])!)
        #expect(seed.repositoryMasterKey == expected)
    }

    @Test func `another seed gives other keys and the public key has its length`() throws {
        let other = RootSeed(countingSecret(from: 1))
        #expect(other.identitySeed != seed.identitySeed)
        #expect(try seed.grantPublicKey().count == 1216)
        #expect(try seed.grantPublicKey() != other.grantPublicKey())
    }

    @Test func `a secret prints nothing of itself`() {
        var dumped = ""
        dump(seed, to: &dumped)
        let texts = ["\(seed)", "\(seed.secret)", String(reflecting: seed), dumped]
        for text in texts {
            #expect(!text.lowercased().contains("000102") && !text.contains("0, 1, 2"))
        }
    }
}
