import Foundation
import Model
import Testing

@testable import Daemon

@Suite struct DoctorTests {
    @Test func `dates of HTTP are read`() {
        #expect(HTTPDate.seconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
        #expect(HTTPDate.seconds("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(HTTPDate.seconds("Tue, 29 Feb 2000 23:59:59 GMT") == 951_868_799)
        #expect(HTTPDate.seconds("Fri, 31 Dec 2027 12:00:00 GMT") == 1_830_254_400)
        for text in [
            "", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
        ] {
            #expect(HTTPDate.seconds(text) == nil, "\(text)")
        }
    }

    @Test func `an empty home has no bad findings but those of its ports`() async throws {
        let scratch = try HomeScratch()
        let findings = try await Doctor(home: scratch.home, setting: scratch.setting()).examine()
        let bad = findings.filter { $0.verdict == .bad && !$0.subject.hasPrefix("port ") }
        #expect(bad == [])
        #expect(findings.contains { $0.subject == "node" && $0.text == "does not run" })
        #expect(findings.allSatisfy { $0.verdict == .good || $0.remedy != nil })
    }

    @Test func `a server that does not answer is named, with why and what to do`() async throws {
        let scratch = try HomeScratch()
        let configuration = try NodeConfiguration(home: scratch.home, environment: [:])
        try configuration.set("services/identity-propagate/known-servers", "localhost:9:6661")
        try configuration.set("services/entangled-dht/known-nodes", "name.invalid:14441")
        let findings = try await Doctor(home: scratch.home, setting: scratch.setting()).examine()
        let server = try #require(findings.first { $0.subject == "identity server localhost" })
        #expect(server.verdict == .bad && server.remedy != nil)
        #expect(server.text.contains("refuses connections"))
        let seed = try #require(findings.first { $0.subject == "seed name.invalid:14441" })
        #expect(seed.verdict == .bad && seed.text.contains("not found"))
    }
}
