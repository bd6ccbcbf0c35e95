import Catalogs
import Foundation
import Identities
import Model
import Testing

@testable import IdentityServers

/// What every store of an identity server must do; SQLite and the fake alike.
struct DocumentStoreTests {
    enum Kind: CaseIterable {
        case memory
        case catalog

        func open(_ scratch: ScratchDirectory) throws -> any DocumentStore {
            switch self {
            case .memory: MemoryDocuments()
            case .catalog: try CatalogDocumentStore(path: "\(scratch.path)/documents.sqlite")
            }
        }
    }

    private let scratch = ScratchDirectory()

    private func row(
        _ name: String, _ sequence: UInt64 = 1, touched: UInt64 = 0, bytes: [UInt8]? = [1, 2]
    ) -> PublishedIdentity {
        PublishedIdentity(
            name: name, user: UserID(Bytes32(words: (1, 2, 3, sequence))), sequence: sequence,
            bytes: bytes, addresses: [IPAddress("192.0.2.1")!, IPAddress("2001:db8::1")!],
            touched: touched)
    }

    @Test(arguments: Kind.allCases)
    func `what is put is found, and replaced`(kind: Kind) throws {
        let store = try kind.open(scratch)
        defer { store.close() }
        let name = IdentityName("alice")!
        #expect(try store.find(name) == nil)
        try store.put(row("alice"))
        #expect(try store.find(name) == row("alice"))
        try store.put(row("alice", .max, touched: 7, bytes: [9]))
        #expect(try store.find(name) == row("alice", .max, touched: 7, bytes: [9]))
        try store.put(row("alice", 3, bytes: nil))
        #expect(try store.find(name) == row("alice", 3, bytes: nil))
        #expect(try store.count() == 0)
    }

    @Test(arguments: Kind.allCases)
    func `names are listed in order and in pages`(kind: Kind) throws {
        let store = try kind.open(scratch)
        defer { store.close() }
        let names = ["zoe", "a-1", "a_1", "a11", "bob", "alice"]
        for name in names { try store.put(row(name)) }
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(try store.names(after: nil, limit: 10) == sorted)
        var found: [String] = []
        while true {
            let page = try store.names(after: found.last, limit: 2)
            if page.isEmpty { break }
            found += page
        }
        #expect(found == sorted)
        #expect(try store.count() == 6)
    }

    @Test(arguments: Kind.allCases)
    func `touches and expiry move in one direction`(kind: Kind) throws {
        let store = try kind.open(scratch)
        defer { store.close() }
        for (name, touched) in [("old", 10), ("mid", 20), ("new", 30)] as [(String, UInt64)] {
            try store.put(row(name, touched: touched))
        }
        try store.touch(["old", "nobody"], age: 25)
        try store.touch([], age: 3)
        #expect(try store.age() == 25)
        #expect(
            try store.expire(withdraw: 24, forget: 0)
                == IdentityExpiry(withdrawn: 1, forgotten: 0))
        #expect(try store.names(after: nil, limit: 9) == ["new", "old"])
        #expect(try store.find(IdentityName("mid")!)?.bytes == nil)
        #expect(try store.find(IdentityName("mid")!)?.user == row("mid").user)
        #expect(
            try store.expire(withdraw: 24, forget: 24)
                == IdentityExpiry(withdrawn: 0, forgotten: 1))
        #expect(try store.find(IdentityName("mid")!) == nil)
    }

    @Test func `a file is found again, and one of another program refused`() throws {
        let path = "\(scratch.path)/documents.sqlite"
        let store = try CatalogDocumentStore(path: path)
        try store.put(row("alice"))
        try store.touch([], age: 5)
        store.close()
        let again = try CatalogDocumentStore(path: path)
        #expect(try again.find(IdentityName("alice")!) == row("alice"))
        #expect(try again.age() == 5)
        again.close()
        try Data(repeating: 65, count: 4096).write(to: URL(filePath: path))
        #expect(throws: CatalogError.self) { try CatalogDocumentStore(path: path) }
    }
}
