import Foundation
import Model
import Testing

@testable import Sealing

struct MachineKeysTests {
    private let keys = MachineKeys(
        user: UserID(Bytes32((0..<32).map { UInt8($0) })!),
        identityPublicKey: Bytes32((0..<32).map { UInt8(32 + $0) })!,
        deviceSeed: countingSecret(from: 64), repositoryMasterKey: countingSecret(from: 96),
        certificate: Array("not looked at here".utf8))

    @Test func `machine keys have the golden bytes and read back`() throws {
        try Fixtures.expectGolden(keys.encoded, "keyfile/machine-v1.bin")
        let decoded = try MachineKeys(decoding: keys.encoded)
        #expect(decoded == keys)
        #expect(decoded.repositoryKeys.seal == keys.repositoryKeys.seal)
    }

    @Test func `no changed bit, no cut and no tail is taken`() {
        let bytes = keys.encoded
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: FormatError.badChecksum(format: MachineKeys.format)) {
                try MachineKeys(decoding: changed)
            }
        }
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) { try MachineKeys(decoding: Array(bytes[..<count])) }
        }
        #expect(throws: FormatError.self) { try MachineKeys(decoding: bytes + [0]) }
    }

    @Test func `fields out of bounds are refused under a right checksum`() {
        func resealed(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
            var bytes = Array(keys.encoded.dropLast(4))
            change(&bytes)
            var writer = ByteWriter()
            writer.raw(bytes)
            writer.checksum()
            return writer.bytes
        }
        let format = MachineKeys.format
        #expect(throws: FormatError.badMagic(format: format)) {
            try MachineKeys(decoding: resealed { $0[0] = 0 })
        }
        #expect(throws: FormatError.badMagic(format: format)) {
            try MachineKeys(decoding: resealed { $0[7] = UInt8(ascii: "2") })
        }
        #expect(throws: FormatError.trailingBytes(format: format, count: 1)) {
            try MachineKeys(decoding: resealed { $0.append(0) })
        }
        #expect(
            throws: FormatError.limitExceeded(
                format: format, field: "certificate", value: 0xFFFF_FFFF, limit: 1024)
        ) {
            try MachineKeys(
                decoding: resealed { $0.replaceSubrange(136..<140, with: [255, 255, 255, 255]) })
        }
        #expect(throws: FormatError.self) {
            try MachineKeys(decoding: [UInt8](repeating: 0, count: 5000))
        }
    }
}

struct SecretFileTests {
    private let folder: String

    init() throws {
        folder =
            FileManager.default.temporaryDirectory
            .appending(path: "bitdust-secret-file-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func `a created file is the owner's, holds the bytes, and is never written over`() throws
    {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/alice.key"
        try SecretFile.create([1, 2, 3], at: path)
        #expect(try SecretFile.read(path, limit: 10) == [1, 2, 3])
        #expect(try mode(path) == 0o600)
        #expect(throws: SecretFile.Failure.exists(path: path)) {
            try SecretFile.create([4], at: path)
        }
        #expect(try SecretFile.read(path, limit: 3) == [1, 2, 3])
        #expect(throws: SecretFile.Failure.tooLong(path: path, limit: 2)) {
            try SecretFile.read(path, limit: 2)
        }
    }

    @Test func `a link is not followed when creating`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/link", withDestinationPath: folder + "/elsewhere")
        #expect(throws: SecretFile.Failure.self) {
            try SecretFile.create([1], at: folder + "/link")
        }
        #expect(!FileManager.default.fileExists(atPath: folder + "/elsewhere"))
    }

    @Test func `a replaced file has the new bytes and leaves nothing beside it`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/machine.keys"
        try SecretFile.replace([1], at: path)
        // As after a crash.
        try SecretFile.create([9, 9], at: path + ".new")
        try SecretFile.replace([2, 3], at: path)
        #expect(try SecretFile.read(path, limit: 10) == [2, 3])
        #expect(try mode(path) == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["machine.keys"])
    }

    @Test func `a folder that is not there is an error with its cause`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/none/a.key"
        #expect(
            throws: SecretFile.Failure.system(call: "open", path: path, errno: ENOENT)
        ) { try SecretFile.create([1], at: path) }
    }
}
