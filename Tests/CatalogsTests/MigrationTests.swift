import Catalogs
import Foundation
import GRDB
import Model
import Testing

/// Catalogs that older programs have written.
@Suite struct MigrationTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func id(_ text: String) throws -> SupplierID { try #require(SupplierID(hex: text)) }

    /// A database made by the statements of that time: a backup on four suppliers, of which the
    /// third went away, the second has said that it leaves, and the fourth was never looked at.
    @Test func `what was noted of suppliers in three places is one row for each`() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "migration-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "catalog.sqlite").path
        let statements = try String(
            contentsOf: MigrationTests.root.appending(path: "fixtures/catalog/before-absence.sql"),
            encoding: .utf8)
        // Tables are made in the order of their names.
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let old = try DatabaseQueue(path: path, configuration: configuration)
        try old.inDatabase { try $0.execute(sql: statements) }
        try old.close()
        let first = try id("934a0d7360fc486a963865375fc0475ea2707175d311a73c159704dd80c4b8a6")
        let second = try id("d55eee55dfa9e81b8369a05188c75dbe5af81015511d6192771b245df4ee3e3c")
        let third = try id("9707b3f793617d14a4d7633d2cb7c39e941c24ec469ce36a056321655d1d7f43")
        let fourth = try id("787a55d36e05557cc45d5d30000bb48e2e4bdb2cbace240863770fb445d0a0c2")
        // The second time everything is done already.
        for _ in 0..<2 {
            let catalog = try Catalog(path: path)
            let states = Dictionary(
                uniqueKeysWithValues: try catalog.supplierStates().map { ($0.supplier, $0) })
            #expect(states.count == 4)
            let one = try #require(states[first])
            #expect(one.passes > 50 && one.looks == 2 && one.answers == 2 && one.silence == 0)
            #expect(one.seen == 1_795_318_827_695_402_983 && one.seen == one.asked)
            #expect(one.notice == nil && one.idle == 0 && one.boot == 0)
            #expect(states[second]?.notice == 1_800_000_000)
            let away = try #require(states[third])
            #expect(away.silence == 384_804_369 && away.idle == away.silence)
            #expect(away.looks == 2 && away.answers == 1)
            #expect(away.seen == 1_795_318_827_000_000_000, "when it was last of use")
            let unseen = try #require(states[fourth])
            #expect(unseen.asked == 0 && unseen.passes == 1 && unseen.looks == 2)
            #expect(try catalog.setting("supplier attendance") == nil)
            #expect(try catalog.setting("supplier notices") == nil)
            #expect(try catalog.blockCount() == 3)
            #expect(try catalog.snapshots().count == 1)
            catalog.close()
        }
    }
}
