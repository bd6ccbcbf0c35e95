import Foundation
import Model
import Networking
import Simulation
import Suppliers
import Testing

@testable import Daemon

/// Another's server of object storage over TLS, with certificates of authorities of our own.
@Suite(
    .serialized,
    .enabled(
        if: MotoServer.path != nil && Authority.isThere,
        "there is no moto_server or no openssl: 4 cases are left out"))
final class SecureBucketTests: Sendable {
    private let threads = NetworkThreads()
    private let scratch = try! HomeScratch()

    private func authority(_ name: String) throws -> Authority {
        try Authority(name, below: scratch.home.path)
    }

    @Test func `a store is behind TLS when its authority is named`() async throws {
        let authority = try authority("one")
        let server = try MotoServer(certificate: authority.certify("IP:127.0.0.1"))
        #expect(server.endpoint.hasPrefix("https://"))
        let bucket = try server.makeBucket(threads, roots: authority.roots)
        let client = try server.client("s3://\(bucket)/one", threads, roots: authority.roots)
        let store = try bucketStore(client, below: scratch.home.path, capacity: 1 << 30)
        let customer = try StoreCustomer(seed: 1)
        try store.admit(customer.contract(quota: 64 << 20, with: store.supplier))
        let uploads = try (1...4).map { try customer.upload(seed: $0, pageCount: 700) }
        _ = try store.put(uploads)
        for upload in uploads {
            let bytes = try store.bytes(of: upload.header.fragment, of: customer.owner)
            #expect(bytes == upload.content)
        }
        store.close()
        await threads.stop()
    }

    @Test func `whoever has no certificate of a trusted authority is sent nothing`() async throws {
        let (authority, other) = (try authority("one"), try authority("two"))
        let server = try MotoServer(certificate: authority.certify("IP:127.0.0.1"))
        let unknown = ObjectError.untrusted(
            reason: "its authority is not known, or its time is over")
        // The system's authorities have not signed it either.
        for roots in [try other.roots, nil] {
            let client = try server.client("s3://bucket/one", threads, roots: roots)
            #expect(throws: unknown) { try client.probe() }
            #expect(throws: ObjectError.self) {
                try [UInt8](repeating: 7, count: 9).withUnsafeBytes {
                    try client.put([$0], as: "x")
                }
            }
            #expect(client.silence?.text.contains("certificate is not trusted") == true)
        }
        await threads.stop()
    }

    @Test func `a certificate of another host, of yesterday and none are told apart`()
        async throws
    {
        let authority = try authority("one")
        let another = try MotoServer(certificate: authority.certify("DNS:s3.example.com"))
        #expect(throws: ObjectError.untrusted(reason: "it is another host's")) {
            try another.client("s3://bucket", threads, roots: authority.roots).probe()
        }
        let old = try MotoServer(certificate: authority.certify("IP:127.0.0.1", days: -1))
        #expect(
            throws: ObjectError.untrusted(
                reason: "its authority is not known, or its time is over")
        ) { try old.client("s3://bucket", threads, roots: authority.roots).probe() }
        let plain = try MotoServer()
        let address = try #require(
            BucketAddress(
                place: "s3://bucket",
                endpoint: plain.endpoint.replacing("http:", with: "https:"), region: "here"))
        #expect(throws: ObjectError.silent(reason: "no TLS")) {
            try BucketClient(
                address, key: AccessKey(id: "test", secret: [1]), threads: threads,
                time: SystemTime(), pause: { _ in }, roots: authority.roots
            ).probe()
        }
        await threads.stop()
    }

    @Test func `a file without certificates trusts nobody and says so`() async throws {
        let authority = try authority("one")
        let server = try MotoServer(certificate: authority.certify("IP:127.0.0.1"))
        for text in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n"] {
            #expect(throws: ObjectError.untrusted(reason: "the trusted certificates are no PEM")) {
                try server.client("s3://bucket", threads, roots: Array(text.utf8))
            }
        }
        await threads.stop()
    }
}

/// An authority that signs certificates of servers, by the program `openssl`.
private struct Authority {
    private let directory: String

    static let isThere = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    init(_ name: String, below path: String) throws {
        directory = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=\(name)", "-days", "2",
        ])
    }

    var roots: [UInt8] {
        get throws { Array(try Data(contentsOf: URL(filePath: "\(directory)/ca.pem"))) }
    }

    /// - Parameter name: as in `subjectAltName`.
    /// - Parameter days: from now on; one that is negative is over.
    func certify(_ name: String, days: Int = 1) throws -> (chain: String, key: String) {
        try Data("subjectAltName=\(name)".utf8)
            .write(to: URL(filePath: "\(directory)/names"))
        try run([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", "server.key", "-out", "server.request", "-subj", "/CN=server",
        ])
        try run([
            "x509", "-req", "-in", "server.request", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "server.pem", "-extfile", "names", "-days", "\(days)",
        ])
        return ("\(directory)/server.pem", "\(directory)/server.key")
    }

    private func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: directory)
        (process.standardOutput, process.standardError) = (
            FileHandle.nullDevice, FileHandle.nullDevice
        )
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments)")
    }
}
