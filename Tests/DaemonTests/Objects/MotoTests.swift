import Foundation
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
        let address = try #require(
            BucketAddress(
                place: "s3://\(bucket)/one", endpoint: try MotoTests.server.get().endpoint,
                region: "us-east-1"))
        return try BucketClient(
            address, key: AccessKey(id: "test", secret: Array("test".utf8)), threads: threads,
            time: SystemTime())
    }

    /// Makes a bucket: a PUT of the empty key of a place without a prefix.
    private func makeBucket() throws -> String {
        let name = "b" + UUID().uuidString.lowercased()
        let address = try #require(
            BucketAddress(
                place: "s3://\(name)", endpoint: try MotoTests.server.get().endpoint,
                region: "us-east-1"))
        try BucketClient(
            address, key: AccessKey(id: "test", secret: Array("test".utf8)), threads: threads,
            time: SystemTime()
        ).put([], as: "")
        return name
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

    static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/moto_server" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    init() throws {
        process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        // Its input ends when this process does, however that ends.
        process.arguments = [
            "-c", "\"$0\" -H 127.0.0.1 -p 0 </dev/null & read -r line; kill -9 $!",
            MotoServer.path ?? "",
        ]
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
            found = said.firstMatch(of: /http:\/\/127\.0\.0\.1:[0-9]+(?=\s)/).map { String($0.0) }
        }
        endpoint = try #require(found, "moto said: \(said)")
        output.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
    }
}
