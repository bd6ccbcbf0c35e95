import DHT
import Foundation
import Model
import Suppliers
import Testing

@testable import Daemon
@testable import Pipelines

/// The record by which a new machine finds its suppliers: golden files, damage, what fits.
@Suite struct SupplierPointerTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func golden(_ path: String, _ bytes: [UInt8]) throws -> [UInt8] {
        let url = root.appending(path: "fixtures/\(path)")
        if Fixture.isUpdating { try Data(bytes).write(to: url) }
        return Array(try Data(contentsOf: url))
    }

    private static func user(_ number: UInt64) -> UserID {
        UserID(Bytes32(words: (number, 2, 3, 4)))
    }

    private let pointer = SupplierPointer(
        headSequence: 7,
        nodes: [
            NodeAddress(user: user(1), endpoints: [Endpoint("203.0.113.5:7771")!]),
            NodeAddress(user: user(2), endpoints: [Endpoint("[2001:db8::5]:80")!]),
            NodeAddress(user: user(3)),
        ])

    @Test func `a pointer is as in its golden file, and damage is refused`() throws {
        let bytes = pointer.encoded()
        #expect(bytes == (try Self.golden("supplier-pointer/v1.bin", bytes)))
        #expect(try SupplierPointer(bytes) == pointer)
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) { try SupplierPointer(Array(bytes[..<count])) }
        }
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: FormatError.self) { try SupplierPointer(damaged) }
        }
    }

    @Test func `the file for the node is as in its golden file, and damage is refused`() throws {
        let sealed = SealedPointer(
            signingSeed: SecretBytes(Bytes32(words: (1, 2, 3, 4))), sequence: 9,
            bytes: Array(0..<200))
        let item = try PointerItem(sealed)
        let bytes = item.encoded
        #expect(bytes == (try Self.golden("supplier-pointer/item-v1.bin", bytes)))
        let read = try PointerItem(decoding: bytes, kind: .suppliers)
        #expect(read.item == item.item)
        #expect(read.item.isGenuine(by: Ed25519Verifier()))
        #expect(
            read.item.target
                == (try PointerItem.address(signingSeed: sealed.signingSeed)).target)
        #expect(PointerItem.sealed(in: read.item) == sealed.bytes)
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) {
                try PointerItem(decoding: Array(bytes[..<count]), kind: .suppliers)
            }
        }
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: FormatError.self) {
                try PointerItem(decoding: damaged, kind: .suppliers)
            }
        }
    }

    @Test func `as many nodes are named as an item has room for`() throws {
        for address in ["203.0.113.5:7771", "[2001:db8::5]:80"] {
            let nodes = (0..<64).map {
                NodeAddress(user: Self.user($0), endpoints: [Endpoint(address)!])
            }
            let pointer = SupplierPointer(headSequence: .max, nodes: nodes)
            #expect(pointer.nodes.count >= 16)
            #expect(pointer.nodes == Array(nodes.prefix(pointer.nodes.count)))
            let plain = pointer.encoded()
            #expect(try SupplierPointer(plain) == pointer)
            let overhead = 24 + 32 + 16 + 4
            #expect(plain.count + overhead <= Limits.itemValueLengthMax)
        }
    }
}
