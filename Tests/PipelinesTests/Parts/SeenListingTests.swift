import Foundation
import Model
import Testing

@testable import Pipelines

@Suite struct SeenListingTests {
    /// Two entries and a long directory object.
    private static let sample: SeenListing = {
        var file = TreeEntry(
            name: Array("a file".utf8), kind: .file, mode: 0o640, userID: 1000, groupID: 100,
            modified: FileTime(seconds: 1_800_000_000, nanoseconds: 1))
        file.size = 3
        file.content = ContentReference(depth: 0, ids: [id(1)])
        var link = TreeEntry(
            name: [0x62, 0xFF], kind: .symbolicLink, mode: 0o777, userID: 0, groupID: 0,
            modified: FileTime(seconds: -1, nanoseconds: 999_999_999))
        link.linkTarget = Array("a file".utf8)
        let stamps = [
            SeenStamp(changed: FileTime(seconds: 1_800_000_001, nanoseconds: 2), inode: 7),
            SeenStamp(changed: FileTime(seconds: -2, nanoseconds: 3), inode: .max),
        ]
        return SeenListing(
            tree: Tree(sorted: [file, link]), treeLength: 205,
            content: ContentReference(depth: 1, ids: [id(2), id(3)]), stamps: stamps)
    }()

    private static func id(_ first: UInt8) -> ChunkID {
        ChunkID(Bytes32((0..<32).map { first &+ UInt8($0) })!)
    }

    private static let golden = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "fixtures/seen-listing/v2.bin")

    private static let encoded = sample.encoded(treeBytes: sample.tree.encoded())

    @Test func `a listing has the golden bytes and reads back`() throws {
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(
                at: SeenListingTests.golden.deletingLastPathComponent(),
                withIntermediateDirectories: true)
            try Data(SeenListingTests.encoded).write(to: SeenListingTests.golden)
        }
        let bytes = [UInt8](try Data(contentsOf: SeenListingTests.golden))
        #expect(bytes == SeenListingTests.encoded)
        let listing = try SeenListing(bytes)
        #expect(listing.tree == SeenListingTests.sample.tree)
        #expect(listing.treeLength == SeenListingTests.sample.treeLength)
        #expect(listing.content == SeenListingTests.sample.content)
        #expect(listing.stamps == SeenListingTests.sample.stamps)
    }

    @Test func `every truncation and every changed bit is refused`() {
        let bytes = SeenListingTests.encoded
        for length in bytes.indices {
            #expect(throws: FormatError.self) { try SeenListing(Array(bytes[..<length])) }
        }
        #expect(throws: FormatError.self) { try SeenListing(bytes + [0]) }
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: FormatError.self, "bit \(bit)") { try SeenListing(changed) }
        }
    }

    @Test func `a count that the bytes cannot hold is refused under a right checksum`() {
        // The number of ids of the content, after magic, length and depth.
        for offset in 17..<21 {
            var bytes = Array(SeenListingTests.encoded.dropLast(4))
            bytes[offset] = 0xFF
            let checksum = Checksum.crc32c(bytes.span.bytes)
            for shift in [0, 8, 16, 24] { bytes.append(UInt8(checksum >> shift & 0xFF)) }
            #expect(throws: FormatError.self) { try SeenListing(bytes) }
        }
    }
}
