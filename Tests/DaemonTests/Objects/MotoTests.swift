import Foundation
import Glibc
import Model
import Networking
import Simulation
import Suppliers
import Testing

@testable import Daemon

/// The same suite against another's server of object storage, in a process of its own:
/// `pip install 'moto[server]'`.
@Suite(
    .serialized,
    .enabled(
        if: MotoServer.path != nil,
        "there is no moto_server: \(FragmentStoreConformance.rules.count + 1) cases are left out"))
final class MotoTests: Sendable {
    private static let server = Result { try MotoServer() }
    private let threads = NetworkThreads()
    private let scratch = try! HomeScratch()

    private func client(_ bucket: String) throws -> BucketClient {
        try MotoTests.server.get().client("s3://\(bucket)/one", threads)
    }

    private func makeBucket() throws -> String {
        try MotoTests.server.get().makeBucket(threads)
    }

    @Test(arguments: FragmentStoreConformance.rules)
    func `a store in a bucket of moto keeps the rule`(
        _ rule: FragmentStoreConformance.Rule
    ) async throws {
        try rule.check { capacity in
            try bucketStore(
                client(try makeBucket()), below: scratch.home.path, capacity: capacity)
        }
        await threads.stop()
    }

    @Test func `a list goes over pages of a thousand`() async throws {
        let client = try client(try makeBucket())
        #expect(throws: ObjectError.noBucket) { try self.client("not-there").probe() }
        for number in 0..<1005 {
            try [UInt8(1)].withUnsafeBytes { try client.put([$0], as: "many/\(number)") }
        }
        #expect(try client.list("many/").count == 1005)
        await threads.stop()
    }
}

/// moto's server as a process on a free port of loopback; it ends with the tests.
final class MotoServer: Sendable {
    let endpoint: String
    private let process: Process
    private let input = Pipe()
    private let id: pid_t

    static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/moto_server" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    /// - Parameter certificate: paths of a certificate and its key, for HTTPS.
    init(certificate: (chain: String, key: String)? = nil) throws {
        process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        // Its input ends when this process does, however that ends.
        process.arguments = [
            "-c",
            "\"$0\" -H 127.0.0.1 -p 0 \"$@\" </dev/null & echo \"process $!.\" >&2; "
                + "read -r line; kill -9 $!",
            MotoServer.path ?? "",
        ]
        if let certificate {
            process.arguments? += ["-s", "-c", certificate.chain, "-k", certificate.key]
        }
        let output = Pipe()
        (process.standardInput, process.standardOutput) = (input, FileHandle.nullDevice)
        process.standardError = output
        try process.run()
        // “ * Running on http://127.0.0.1:PORT”.
        var said = ""
        var found: String?
        while found == nil, case let data = output.fileHandleForReading.availableData, !data.isEmpty
        {
            said += String(decoding: data, as: UTF8.self)
            found = said.firstMatch(of: /https?:\/\/127\.0\.0\.1:[0-9]+(?=\s)/)
                .map { String($0.0) }
        }
        endpoint = try #require(found, "moto said: \(said)")
        let number = said.firstMatch(of: /process ([0-9]+)\./).flatMap { pid_t($0.1) }
        id = try #require(number, "moto said: \(said)")
        output.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
    }

    /// Has the process stand still: connections are made, and nothing is answered.
    func fallSilent() { kill(id, SIGSTOP) }

    func comeBack() { kill(id, SIGCONT) }

    /// Makes a bucket: a PUT of the empty key of a place without a prefix.
    func makeBucket(_ threads: NetworkThreads, roots: [UInt8]? = nil) throws -> String {
        let name = "b" + UUID().uuidString.lowercased()
        try client("s3://\(name)", threads, roots: roots).put([], as: "")
        return name
    }

    func client(
        _ place: String, _ threads: NetworkThreads, patience: Duration = Limits.objectPatience,
        roots: [UInt8]? = nil
    ) throws -> BucketClient {
        let address = try #require(
            BucketAddress(place: place, endpoint: endpoint, region: "us-east-1"))
        return try BucketClient(
            address, key: AccessKey(id: "test", secret: Array("test".utf8)), threads: threads,
            time: SystemTime(), patience: patience, roots: roots)
    }
}
