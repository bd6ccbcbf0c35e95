import Crypto
import Foundation
import Model
import Testing

@testable import Sealing

struct SealerTests {
    private let sealer = Sealer(key: countingSecret())
    private let context = SealContext(
        kind: .block, repository: RepositoryID(Bytes32((0..<32).map { UInt8($0) })!),
        plaintextLength: 40_000
    ).bytes
    private let salt = SealSalt((0..<24).map { UInt8(100 + $0) })!

    private func plaintext(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 8)) }
    }

    @Test func `a sealed message has the golden bytes`() throws {
        let sealed = try sealer.seal(plaintext(40_000), salt: salt, context: context)
        try Fixtures.expectGolden(sealed, "seal/v1.bin")
        try Fixtures.expectGolden(context, "seal/context-v1.bin")
        #expect(try sealer.open(sealed, context: context) == plaintext(40_000))
    }

    @Test func `lengths around a step survive and are exact`() throws {
        let step = Limits.sealStepLength
        for count in [0, 1, 15, 16, step - 1, step, step + 1, 2 * step - 1, 2 * step, 3 * step + 7]
        {
            let layout = SealLayout(plaintextLength: count)
            let sealed = try sealer.seal(plaintext(count), salt: salt, context: context)
            #expect(sealed.count == layout.sealedLength)
            #expect(SealLayout(sealedLength: sealed.count) == layout)
            #expect(try sealer.open(sealed, context: context) == plaintext(count))
        }
    }

    @Test func `a sealed length has a plaintext length exactly when it can occur`() {
        let lengths = Set((0...40_000).map { SealLayout(plaintextLength: $0).sealedLength })
        for sealedLength in 0...40_000 {
            let layout = SealLayout(sealedLength: sealedLength)
            #expect((layout != nil) == lengths.contains(sealedLength))
            if let layout { #expect(layout.sealedLength == sealedLength) }
        }
        #expect(SealLayout(sealedLength: -1) == nil)
        #expect(SealLayout(sealedLength: .min) == nil)
    }

    @Test func `a block of each class is sealed to exactly its class`() {
        for length in BlockLength.all {
            let layout = SealLayout(plaintextLength: length.plaintextLength)
            #expect(layout.sealedLength == length.sealedLength)
        }
    }

    @Test func `no changed bit opens and nothing is left in the target`() throws {
        let sealed = try sealer.seal(plaintext(100), salt: salt, context: context)
        for bit in 0..<sealed.count * 8 {
            var changed = sealed
            changed[bit / 8] ^= 1 << (bit % 8)
            let expected: SealError =
                bit / 8 < Limits.sealHeaderLength ? .badCommitment : .badStep(index: 0)
            #expect(throws: expected) { try sealer.open(changed, context: context) }
        }
        var changed = sealed
        changed[sealed.count - 1] ^= 1
        var target = [UInt8](repeating: 0xAA, count: 100)
        let isOpen = target.withUnsafeMutableBytes { target in
            changed.withUnsafeBytes {
                (try? sealer.open($0, context: context, into: target)) != nil
            }
        }
        #expect(!isOpen && target.allSatisfy { $0 == 0 })
    }

    @Test func `a bit of each step is guarded in a long message`() throws {
        let sealed = try sealer.seal(plaintext(40_000), salt: salt, context: context)
        for offset in stride(from: Limits.sealHeaderLength, to: sealed.count, by: 331) {
            var changed = sealed
            changed[offset] ^= 0x40
            let index = (offset - Limits.sealHeaderLength) / 16_400
            #expect(throws: SealError.badStep(index: index)) {
                try sealer.open(changed, context: context)
            }
        }
    }

    @Test func `no cut opens`() throws {
        let sealed = try sealer.seal(plaintext(17_000), salt: salt, context: context)
        for count in Array(0..<200) + Array(16_400..<16_700) + [sealed.count - 1] {
            #expect(throws: SealError.self) {
                try sealer.open(Array(sealed[..<count]), context: context)
            }
        }
        #expect(throws: SealError.self) { try sealer.open(sealed + [0], context: context) }
    }

    @Test func `another key and another context are told by the commitment`() throws {
        let sealed = try sealer.seal([1, 2, 3], salt: salt, context: context)
        let other = Sealer(key: countingSecret(from: 1))
        #expect(throws: SealError.badCommitment) { try other.open(sealed, context: context) }
        #expect(throws: SealError.badCommitment) { try sealer.open(sealed, context: []) }
    }

    @Test func `every range of a message opens by itself`() throws {
        let step = Limits.sealStepLength
        let whole = plaintext(3 * step + 100)
        let sealed = try sealer.seal(whole, salt: salt, context: context)
        let edges = [
            0, 1, step - 1, step, step + 1, 2 * step, 3 * step, 3 * step + 99, whole.count,
        ]
        for start in edges {
            for end in edges where end >= start {
                #expect(try part(start..<end, of: sealed) == Array(whole[start..<end]))
            }
        }
    }

    @Test func `a range outside the message is an error and damage elsewhere is not`() throws {
        let step = Limits.sealStepLength
        var sealed = try sealer.seal(plaintext(2 * step), salt: salt, context: context)
        #expect(throws: SealError.badLength(sealedLength: sealed.count)) {
            try part(0..<2 * step + 1, of: sealed)
        }
        #expect(throws: SealError.badLength(sealedLength: sealed.count)) {
            try part(-1..<2, of: sealed)
        }
        sealed[Limits.sealHeaderLength] ^= 1
        #expect(
            try part(step..<step + 5, of: sealed) == Array(plaintext(2 * step)[step..<step + 5]))
        #expect(throws: SealError.badStep(index: 0)) { try part(0..<5, of: sealed) }
    }

    @Test func `two messages never share a salt`() throws {
        let random = SystemRandom()
        var salts: Set<[UInt8]> = []
        for _ in 0..<1000 {
            let sealed = try sealer.seal([], random: random, context: context)
            salts.insert(Array(sealed[..<24]))
        }
        #expect(salts.count == 1000)
    }

    private func part(_ range: Range<Int>, of sealed: [UInt8]) throws -> [UInt8] {
        var target = [UInt8](repeating: 0, count: range.count)
        try target.withUnsafeMutableBytes { target in
            try sealed.withUnsafeBytes {
                try sealer.open(range: range, of: $0, context: context, into: target)
            }
        }
        return target
    }
}

struct StepCipherTests {
    @Test(arguments: SealSuite.allCases)
    func `steps are what swift-crypto's AES-GCM makes of them`(suite: SealSuite) throws {
        let random = SeededRandom(7)
        for count in [0, 1, 16, 17, 255, 4096, 16_383, 16_384] {
            let key = random.bytes(suite.keyLength)
            let base = random.bytes(StepNonce.byteCount)
            let plaintext = random.bytes(count)
            let step = random.below(1 << 20)
            var nonce = base
            for index in 0..<8 { nonce[11 - index] ^= UInt8(step >> (8 * index) & 255) }
            let box = try AES.GCM.seal(
                plaintext, using: SymmetricKey(data: key), nonce: AES.GCM.Nonce(data: nonce))
            var sealed = [UInt8](repeating: 0, count: count + 16)
            var opened = [UInt8](repeating: 1, count: count)
            key.withUnsafeBytes { key in
                let cipher = StepCipher(suite: suite, key: key)!
                let nonce = base.withUnsafeBytes { StepNonce(base: $0, step: step) }
                sealed.withUnsafeMutableBytes { target in
                    plaintext.withUnsafeBytes {
                        let isSealed = cipher.seal($0, nonce: nonce, into: target)
                        #expect(isSealed)
                    }
                    opened.withUnsafeMutableBytes {
                        let isOpen = cipher.open(
                            UnsafeRawBufferPointer(target), nonce: nonce, into: $0)
                        #expect(isOpen)
                    }
                }
            }
            #expect(sealed == Array(box.ciphertext) + Array(box.tag))
            #expect(opened == plaintext)
        }
    }
}
