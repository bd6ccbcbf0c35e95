import Foundation
import Model
import Simulation
import Testing

@testable import Pipelines

@Suite struct SeenListingTests {
    private static let golden = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "fixtures/seen-listing/v1.bin")

    private static func id(_ first: UInt8) -> ChunkID {
        ChunkID(Bytes32((0..<32).map { first &+ UInt8($0) })!)
    }

    private static func entry(_ name: String, _ kind: EntryKind) -> TreeEntry {
        var entry = TreeEntry(
            name: Array(name.utf8), kind: kind, mode: 0o640, userID: 1000, groupID: 100,
            modified: FileTime(seconds: -2, nanoseconds: 999_999_999))
        if kind == .symbolicLink { entry.linkTarget = Array("../there".utf8) }
        if kind == .file {
            entry.size = 70_000
            entry.content = ContentReference(depth: 0, ids: [id(1), id(2)])
        }
        return entry
    }

    private static let tree = Tree(sorted: [
        entry("a file", .file), entry("b link", .symbolicLink), entry("c pipe", .fifo),
    ])

    private static let listing = SeenListing(
        tree: tree, treeLength: UInt64(tree.encoded().count),
        content: ContentReference(depth: 1, ids: [id(3)]),
        stamps: (1...3).map {
            SeenStamp(
                changed: FileTime(seconds: 1_700_000_000 + $0, nanoseconds: UInt32($0)),
                inode: UInt64.max - UInt64($0))
        })

    private static func recode(_ bytes: [UInt8]) throws -> [UInt8] {
        let listing = try SeenListing(bytes)
        return listing.encoded(treeBytes: listing.tree.encoded())
    }

    @Test func `the bytes of version 1 never change`() throws {
        let found = SeenListingTests.listing.encoded(treeBytes: SeenListingTests.tree.encoded())
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(
                at: SeenListingTests.golden.deletingLastPathComponent(),
                withIntermediateDirectories: true)
            try Data(found).write(to: SeenListingTests.golden)
        }
        #expect([UInt8](try Data(contentsOf: SeenListingTests.golden)) == found)
    }

    @Test func `the golden file decodes to what it was made of`() throws {
        let bytes = [UInt8](try Data(contentsOf: SeenListingTests.golden))
        let listing = try SeenListing(bytes)
        #expect(listing.tree == SeenListingTests.tree)
        #expect(listing.content == SeenListingTests.listing.content)
        #expect(listing.treeLength == SeenListingTests.listing.treeLength)
        #expect(listing.stamps == SeenListingTests.listing.stamps)
        #expect(try SeenListingTests.recode(bytes) == bytes)
    }

    @Test func `every truncation, every flip and every tail is rejected`() throws {
        var bytes = [UInt8](try Data(contentsOf: SeenListingTests.golden))
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) { try SeenListing(Array(bytes.prefix(count))) }
        }
        for index in bytes.indices {
            for bit in 0..<8 {
                bytes[index] ^= 1 << bit
                #expect(throws: FormatError.self, "bit \(bit) of byte \(index)") {
                    try SeenListing(bytes)
                }
                bytes[index] ^= 1 << bit
            }
        }
        for tail: [UInt8] in [[0], bytes] {
            #expect(throws: FormatError.self) { try SeenListing(bytes + tail) }
        }
    }

    @Test func `a forged checksum gets nothing but canonical values in`() throws {
        let golden = [UInt8](try Data(contentsOf: SeenListingTests.golden))
        let random = SeededRandom(seed: 5)
        var acceptedCount = 0
        for _ in 0..<4000 {
            var bytes = golden.dropLast(4)
            for _ in 0...random.below(0..<3) {
                let values: [UInt8] = [0, 1, 0x7F, 0xFF, UInt8(random.below(0..<256))]
                bytes[random.below(bytes.indices)] = values[random.below(values.indices)]
            }
            if random.below(0..<4) == 0 { bytes.removeLast(random.below(1..<bytes.count)) }
            var writer = ByteWriter()
            writer.raw(bytes)
            writer.checksum()
            guard let again = try? SeenListingTests.recode(writer.bytes) else { continue }
            acceptedCount += 1
            #expect(again == writer.bytes)
        }
        #expect(acceptedCount > 0)
    }
}
