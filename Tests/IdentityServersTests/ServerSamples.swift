import Catalogs
import Crypto
import Foundation
import Identities
import Model
import Synchronization

@testable import IdentityServers

/// A clock that tests turn.
final class HandClock: TimeSource {
    private let nanoseconds = Mutex<UInt64>(1_000_000_000)
    private let wall = Mutex<Int64>(1_799_496_000_000_000_000)

    var uptime: UInt64 { nanoseconds.withLock { $0 } }
    var now: Timestamp { Timestamp(nanoseconds: wall.withLock { $0 }) }

    func advance(seconds: UInt64) {
        nanoseconds.withLock { $0 += seconds * 1_000_000_000 }
        wall.withLock { $0 += Int64(seconds) * 1_000_000_000 }
    }

    func jumpWall(days: Int64) { wall.withLock { $0 += days * 86_400_000_000_000 } }
}

/// A user whose keys come from a number.
struct SampleUser {
    let roots: [IdentityKey]
    let device: DeviceKey
    let keys: IdentityKeys

    static let xWing: XWingPublicKey = {
        let key = try! XWingMLKEM768X25519.PrivateKey(
            seedRepresentation: Data(repeating: 7, count: 32), publicKey: nil)
        return XWingPublicKey(Array(key.publicKey.rawRepresentation))!
    }()

    init(_ number: Int) throws {
        let seed = { (kind: Int) in
            SecretBytes(
                Bytes32(words: (UInt64(number), UInt64(kind), 0x6964_7365_7276_6572, 1)))
        }
        roots = try (0..<3).map { try IdentityKey(seed: seed($0)) }
        device = try DeviceKey(seed: seed(100))
        keys = try IdentityKeys.first(
            root: roots[0], next: roots[1].publicKey, xWing: SampleUser.xWing,
            certificates: [
                try DeviceCertificate(
                    device: device.publicKey, name: DisplayName("laptop")!,
                    created: Timestamp(nanoseconds: 1), sequence: 1, signedBy: roots[0])
            ])
    }

    var userID: UserID { keys.userID }

    func document(
        _ name: String = "alice", hosts: [String] = ["host-a.com"],
        contact: String = "tcp://203.0.113.5:7771"
    ) throws -> IdentityDocument {
        try IdentityDocument.first(
            IdentityContent(
                sources: hosts.map { Source("http://\($0)/\(name).xml")! },
                contacts: [Contact(contact)!], date: CalendarDate("2026-11-21")!,
                version: "test"), keys: keys, signedBy: .device(device))
    }

    func next(_ document: IdentityDocument, _ version: String = "next") throws -> IdentityDocument {
        try document.updated(signedBy: .device(device)) { $0.version = version }
    }

    func rotated(_ document: IdentityDocument) throws -> IdentityDocument {
        try document.updated(
            keys: try keys.rotating(from: roots[0], to: roots[1], next: roots[2].publicKey),
            signedBy: .device(device))
    }

    func sign(_ plan: DocumentPlan) throws -> IdentityDocument {
        guard let previous = plan.previous else {
            return try IdentityDocument.first(
                IdentityContent(
                    sources: plan.sources, contacts: plan.contacts,
                    date: CalendarDate("2026-11-21")!, version: "test"), keys: keys,
                signedBy: .device(device))
        }
        return try previous.updated(signedBy: .device(device)) {
            $0.sources = plan.sources
            $0.contacts = plan.contacts
        }
    }
}

/// Documents in memory, with failures on demand.
final class MemoryDocuments: DocumentStore {
    struct Failing: Error {}

    private struct State {
        var rows: [String: PublishedIdentity] = [:]
        var age: UInt64 = 0
        var isFailing = false
    }

    private let state = Mutex(State())

    func fail(_ isFailing: Bool) { state.withLock { $0.isFailing = isFailing } }

    private func use<Value: Sendable>(_ body: (inout State) throws -> sending Value) throws -> Value
    {
        try state.withLock { state in
            if state.isFailing { throw Failing() }
            return try body(&state)
        }
    }

    func find(_ name: IdentityName) throws -> PublishedIdentity? {
        try use { $0.rows[name.text] }
    }

    func put(_ identity: PublishedIdentity) throws {
        try use { $0.rows[identity.name] = identity }
    }

    func touch(_ names: [String], age: UInt64) throws {
        try use { state in
            for name in names {
                guard let row = state.rows[name] else { continue }
                state.rows[name]?.touched = max(row.touched, age)
            }
            state.age = max(state.age, age)
        }
    }

    func names(after: String?, limit: Int) throws -> [String] {
        try use { state in
            let names = state.rows.values.filter { $0.bytes != nil }.map(\.name)
            let start = IdentityName(after ?? "")
            return Array(
                names.compactMap { IdentityName($0) }.filter { start == nil || start! < $0 }
                    .sorted().map(\.text).prefix(limit))
        }
    }

    func count() throws -> Int { try use { $0.rows.values.count { $0.bytes != nil } } }

    func expire(withdraw: UInt64, forget: UInt64) throws -> IdentityExpiry {
        try use { state in
            var expiry = IdentityExpiry(withdrawn: 0, forgotten: 0)
            for row in state.rows.values where row.touched < withdraw && row.bytes != nil {
                state.rows[row.name]?.bytes = nil
                expiry.withdrawn += 1
            }
            for row in state.rows.values where row.touched < forget && row.bytes == nil {
                state.rows[row.name] = nil
                expiry.forgotten += 1
            }
            return expiry
        }
    }

    func age() throws -> UInt64 { try use { $0.age } }

    func close() {}
}

/// A directory that is gone when the test is.
final class ScratchDirectory {
    let path: String

    init() {
        var template = Array("/tmp/bitdust-idserver-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

func endpoint(_ text: String) -> Endpoint { Endpoint(text)! }

extension IdentityServerAnswer {
    var text: String { String(decoding: body, as: UTF8.self) }
}

extension IdentityServer {
    func get(_ target: String, from client: String = "192.0.2.7:1234") -> IdentityServerAnswer {
        answer(IdentityServerRequest(method: "GET", target: target, client: endpoint(client)))
    }

    func post(_ bytes: [UInt8], from client: String = "192.0.2.7:1234") -> IdentityServerAnswer {
        answer(
            IdentityServerRequest(
                method: "POST", target: "/", client: endpoint(client), body: bytes))
    }
}
