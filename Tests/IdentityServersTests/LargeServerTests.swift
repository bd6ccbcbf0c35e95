import Catalogs
import Foundation
import Glibc
import Identities
import Model
import Testing

@testable import IdentityServers

/// A server with many names. `BITDUST_IDENTITY_COUNT` says how many, 100000 for the figures in
/// docs/formats/identity-server.md; they are written to standard error then.
struct LargeServerTests {
    private static let wanted = ProcessInfo.processInfo.environment["BITDUST_IDENTITY_COUNT"]
        .flatMap { Int($0) }
    private let scratch = ScratchDirectory()
    private let count = wanted ?? 2000

    private func names() -> [String] { (0..<count).map { "u\(1_000_000 + $0)" } }

    /// Fills the file with one document under all names, which the store does not look into.
    private func fill(_ path: String) throws -> [UInt8] {
        let user = try SampleUser(1)
        let document = try user.document()
        let identities = try PublishedIdentities(path: path)
        let names = names()
        for start in stride(from: 0, to: names.count, by: 10_000) {
            try identities.put(
                names[start..<min(start + 10_000, names.count)].map {
                    PublishedIdentity(
                        name: $0, user: user.userID, sequence: document.order.sequence,
                        bytes: document.bytes, addresses: [IPAddress("203.0.113.5")!],
                        touched: 0)
                })
        }
        identities.close()
        return document.bytes
    }

    @Test func `every name is on one page and every document is found`() throws {
        let path = "\(scratch.path)/documents.sqlite"
        let bytes = try fill(path)
        let server = try IdentityServer(
            settings: IdentityServerSettings(host: Host("host-a.com")!),
            store: CatalogDocumentStore(path: path), time: HandClock())
        defer { server.close() }
        var found: [Substring] = []
        var target = "/"
        var longest = 0
        while true {
            let answer = server.get(target, from: "127.0.0.1:1")
            let page = answer.text
            longest = max(longest, page.utf8.count)
            #expect(page.contains("Total identities on \"host-a.com\": \(count)<"))
            found += page.split(separator: "\n").compactMap { line in
                line.hasPrefix("<li><a href=\"/") ? line.dropFirst(14).prefix { $0 != "." } : nil
            }
            guard let next = page.firstRange(of: "/?after=") else { break }
            target = String(page[next.lowerBound...].prefix { $0 != "\"" })
        }
        #expect(found.map(String.init) == names())
        #expect(longest <= 64 << 10)
        let lookupCount = min(count, 50_000)
        var wrong = 0
        let time = processorSeconds {
            for number in 0..<lookupCount {
                let name = "u\(1_000_000 + number * 7919 % count)"
                if server.get("/\(name).xml", from: "127.0.0.1:1").body != bytes { wrong += 1 }
            }
        }
        #expect(wrong == 0)
        #expect(server.get("/u9999999.xml", from: "127.0.0.1:1").status == 404)
        if LargeServerTests.wanted != nil {
            let index = processorSeconds { _ = server.get("/", from: "127.0.0.1:1") }
            let rate = Int(Double(lookupCount) / time)
            let text = "\(count) names: \(rate) look-ups a processor second, index \(index) s\n"
            FileHandle.standardError.write(Data(text.utf8))
        }
    }

    /// What this process computed meanwhile, on all threads: others may use the machine.
    private func processorSeconds(_ body: () -> Void) -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        let start = now()
        body()
        return now() - start
    }
}
