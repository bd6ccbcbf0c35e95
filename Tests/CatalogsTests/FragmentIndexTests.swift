import Catalogs
import Foundation
import Model
import Testing

@Suite struct FragmentIndexTests {
    private let owner = UserID(Bytes32(words: (1, 0, 0, 0)))
    private let other = UserID(Bytes32(words: (2, 0, 0, 0)))

    private func fragment(_ number: UInt64) -> FragmentID {
        FragmentID(Bytes32(words: (number.byteSwapped, 0, 0, 0)))
    }

    private func row(
        _ number: UInt64, of owner: UserID? = nil, sequence: UInt64? = nil,
        state: FragmentState = .live
    ) -> FragmentIndexRow {
        let sequence = sequence ?? number
        return FragmentIndexRow(
            owner: owner ?? self.owner, fragment: fragment(number), segment: 1,
            offset: Int(sequence) * 8192, headerLength: 4096, length: 4096, sequence: sequence,
            state: state)
    }

    private func segment(_ length: Int = 8192) -> SegmentIndexRow {
        SegmentIndexRow(number: 1, length: length, lastSequence: .max - 1)
    }

    @Test func `the newest record of a fragment is found, per owner`() throws {
        let index = try FragmentIndex(path: nil)
        try index.record([row(1), row(2), row(1, sequence: 9)], segments: [segment()])
        let found = try index.newest([fragment(1), fragment(3), fragment(2)], of: owner)
        #expect(found == [row(1, sequence: 9), nil, row(2)])
        #expect(try index.newest([fragment(1)], of: other) == [nil])
        #expect(try index.segments() == [segment()])
    }

    @Test func `a tombstone gives up earlier records and no later one`() throws {
        let index = try FragmentIndex(path: nil)
        try index.record([row(1), row(1, sequence: 9), row(2)], segments: [])
        let tombstone = TombstoneRow(owner: owner, fragment: fragment(1), sequence: 5)
        try index.record([], tombstones: [tombstone], segments: [])
        #expect(try index.newest([fragment(1)], of: owner) == [row(1, sequence: 9)])
        #expect(
            try index.records(inSegment: 1, from: 0, limit: 9).map(\.state)
                == [.tombstoned(sequence: 5), .live, .live])
        #expect(
            try index.usage()
                == [owner: OwnerUsage(liveCount: 2, liveLength: 16384, tombstonedLength: 8192)])
    }

    @Test func `live fragments are listed in order and by pages`() throws {
        let index = try FragmentIndex(path: nil)
        let rows = [5, 3, 1, 4, 2].map { row($0) }
        try index.record(rows + [row(7, of: other)], segments: [])
        try index.record(
            [], tombstones: [TombstoneRow(owner: owner, fragment: fragment(3), sequence: 99)],
            segments: [])
        try index.markCorrupt(row(4))
        let all = try index.live(of: owner, after: nil, limit: 100)
        #expect(all.map(\.fragment) == [1, 2, 5].map(fragment))
        #expect(
            try index.live(of: owner, after: fragment(1), limit: 1).map(\.fragment)
                == [fragment(2)])
        #expect(try index.newest([fragment(4)], of: owner)[0]?.state == .corrupt)
    }

    @Test func `a transaction is all or nothing`() throws {
        let index = try FragmentIndex(path: nil)
        #expect(throws: FragmentIndexError.self) {
            try index.record([row(1), row(2), row(1)], segments: [segment()])
        }
        #expect(try index.newest([fragment(1), fragment(2)], of: owner) == [nil, nil])
        #expect(try index.segments().isEmpty)
    }

    @Test func `an index is found again in its file, and a foreign file refused`() throws {
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "index-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "index.sqlite").path
        var index = try FragmentIndex(path: path)
        try index.record([row(1)], segments: [segment()])
        try index.close()
        index = try FragmentIndex(path: path)
        #expect(try index.newest([fragment(1)], of: owner) == [row(1)])
        try index.removeAll()
        #expect(try index.usage().isEmpty && index.segments().isEmpty)
        try index.close()
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[63] ^= 1  // user_version
        try bytes.write(to: URL(filePath: path))
        #expect(throws: FragmentIndexError.damaged(code: 0)) { try FragmentIndex(path: path) }
        try Data(repeating: 65, count: 4096).write(to: URL(filePath: path))
        #expect(throws: FragmentIndexError.self) { try FragmentIndex(path: path) }
    }
}
