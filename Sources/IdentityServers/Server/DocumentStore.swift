package import Catalogs
package import Identities

/// Where an identity server keeps its documents: in SQLite, in memory for tests.
///
/// `put` returns when the document survives a loss of power.
package protocol DocumentStore: Sendable {
    func find(_ name: IdentityName) throws -> PublishedIdentity?
    func put(_ identity: PublishedIdentity) throws
    func touch(_ names: [String], age: UInt64) throws
    func names(after: String?, limit: Int) throws -> [String]
    func count() throws -> Int
    func expire(withdraw: UInt64, forget: UInt64) throws -> IdentityExpiry
    func age() throws -> UInt64
    func close()
}

/// The SQLite store.
package struct CatalogDocumentStore: DocumentStore {
    private let identities: PublishedIdentities

    /// Opens the file at `path`, or creates it.
    package init(path: String) throws {
        identities = try PublishedIdentities(path: path)
    }

    package func find(_ name: IdentityName) throws -> PublishedIdentity? {
        try identities.find(name.text)
    }

    package func put(_ identity: PublishedIdentity) throws { try identities.put(identity) }

    package func touch(_ names: [String], age: UInt64) throws {
        try identities.touch(names, age: age)
    }

    package func names(after: String?, limit: Int) throws -> [String] {
        try identities.names(after: after, limit: limit)
    }

    package func count() throws -> Int { try identities.count() }

    package func expire(withdraw: UInt64, forget: UInt64) throws -> IdentityExpiry {
        try identities.expire(withdraw: withdraw, forget: forget)
    }

    package func age() throws -> UInt64 { try identities.age() }

    package func close() { identities.close() }
}
