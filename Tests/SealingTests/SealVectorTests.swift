import CZlib
import Crypto
import Foundation
import Testing

@testable import Sealing

/// The published vectors of C2SP chunked-encryption, both suites, every case.
struct SealVectorTests {
    struct File: Decodable {
        struct Group: Decodable {
            let aead: String
            let sha: String
            let tests: [Case]
        }
        struct Case: Decodable {
            let tcId: Int
            let comment: String
            let key: String
            let ctx: String
            /// A zlib stream in hexadecimal.
            let ct: String
            let msgLength: Int?
            let msgSha512: String?
            let result: String
            let flags: [String]
        }
        let numberOfTests: Int
        let testGroups: [Group]
    }

    static let isPresent = FileManager.default.fileExists(atPath: Fixtures.vectors.path)

    @Test(
        .enabled(if: isPresent, "needs ../shared/vectors/wycheproof; fixtures/seal is always run"),
        arguments: [
            ("c2sp_chunked_encryption_aes_128_gcm_test.json", SealSuite.aes128),
            ("c2sp_chunked_encryption_aes_256_gcm_test.json", SealSuite.aes256),
        ])
    func `every published vector opens or fails as stated`(
        name: String, suite: SealSuite
    ) throws {
        let data = try Data(contentsOf: Fixtures.vectors.appending(path: name))
        let file = try JSONDecoder().decode(File.self, from: data)
        var count = 0
        for group in file.testGroups {
            #expect(group.aead == suite.name.description && group.sha == "SHA-512")
            for test in group.tests {
                try check(test, suite: suite)
                count += 1
            }
        }
        #expect(count == file.numberOfTests && count >= 35)
    }

    private func check(_ test: File.Case, suite: SealSuite) throws {
        let key = try #require(hex(test.key))
        let context = try #require(hex(test.ctx))
        let sealed = inflate(try #require(hex(test.ct)))
        guard key.count == suite.keyLength else {
            // A key of another length cannot be passed: the product's keys are 32 bytes by type.
            #expect(test.result == "invalid" && test.flags.contains("InvalidKeySize"))
            return
        }
        do {
            let plaintext = try open(sealed, suite: suite, key: key, context: context)
            #expect(test.result == "valid", "\(test.tcId) \(test.comment)")
            #expect(plaintext.count == test.msgLength)
            let digest = SHA512.hash(data: plaintext)
            #expect(Array(digest) == hex(test.msgSha512 ?? ""), "\(test.tcId)")
            // Sealing the plaintext under the same salt gives the published bytes back.
            let salt = Array(sealed[..<SealLayout.saltLength])
            #expect(
                try seal(plaintext, suite: suite, key: key, salt: salt, context: context) == sealed)
        } catch let error as SealError {
            #expect(test.result == "invalid", "\(test.tcId) \(test.comment): \(error)")
            let isHeader = test.flags.contains("HeaderFailure")
            switch error {
            case .badCommitment: #expect(isHeader, "\(test.tcId)")
            case .badStep: #expect(!isHeader, "\(test.tcId)")
            case .badLength:
                #expect(test.flags.contains { $0 == "Truncation" || $0 == "TrailingData" })
            case .cipherUnavailable: Issue.record("no cipher")
            }
        }
    }

    private func hex(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    private func inflate(_ source: [UInt8]) -> [UInt8] {
        var target = [UInt8](repeating: 0, count: 8 << 20)
        var length = UInt(target.count)
        let status = uncompress(&target, &length, source, UInt(source.count))
        #expect(status == Z_OK)
        return Array(target[..<Int(length)])
    }
}

/// The suite-generic seal over arrays.
func seal(
    _ plaintext: [UInt8], suite: SealSuite, key: [UInt8], salt: [UInt8], context: [UInt8]
) throws -> [UInt8] {
    let length = SealLayout(plaintextLength: plaintext.count).sealedLength
    var target = [UInt8](repeating: 0, count: length)
    try target.withUnsafeMutableBytes { target in
        try plaintext.withUnsafeBytes { plaintext in
            try key.withUnsafeBytes { key in
                try salt.withUnsafeBytes { salt in
                    try Seal.seal(
                        plaintext, suite: suite, key: key, salt: salt, context: context,
                        into: target)
                }
            }
        }
    }
    return target
}

/// The suite-generic opening over arrays.
func open(
    _ sealed: [UInt8], suite: SealSuite, key: [UInt8], context: [UInt8]
) throws -> [UInt8] {
    var target = [UInt8](repeating: 0xAA, count: sealed.count)
    let count = try target.withUnsafeMutableBytes { target in
        try sealed.withUnsafeBytes { sealed in
            try key.withUnsafeBytes { key in
                try Seal.open(sealed, suite: suite, key: key, context: context, into: target)
            }
        }
    }
    return Array(target[..<count])
}
