import Catalogs
import Identities
import Model
import Testing

@testable import IdentityServers

/// A5: an identity server that lies.
struct ThreatA5IdentityServerTests {
    private let alice: SampleUser
    private let mallory: SampleUser
    private let first: IdentityDocument
    private let second: IdentityDocument
    private let third: IdentityDocument
    private let hosts = ["host-a.com", "host-b.com", "host-c.com"]

    init() throws {
        alice = try SampleUser(1)
        mallory = try SampleUser(2)
        first = try alice.document(hosts: hosts)
        second = try alice.next(first)
        third = try alice.next(second)
    }

    private func ok(_ bytes: [UInt8]) -> ServerResult {
        .success(HTTPAnswer(status: 200, body: bytes))
    }

    private func edited(_ from: String, _ to: String) -> [UInt8] {
        let text = String(decoding: second.bytes, as: UTF8.self)
        return Array(text.replacing(from, with: to).utf8)
    }

    /// What a server that lies may give in place of `second`, when `first` has been seen.
    private func lies() throws -> [(String, ServerResult)] {
        var flipped = second.bytes
        flipped[flipped.count / 2] ^= 1
        let mallorys = String(decoding: try mallory.document(hosts: hosts).bytes, as: UTF8.self)
        let prologue = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
        let bomb =
            prologue + "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]>"
            + "<identity>&lol2;</identity>"
        let external =
            prologue + "<!DOCTYPE i [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
            + "<identity>&x;</identity>"
        let attributes = (0..<64_000).map { "a\($0)=\"\"" }.joined(separator: " ")
        let contact = "<contact>tcp://203.0.113.5:7771</contact>"
        let key = { (user: SampleUser) in Hex.encode(user.roots[0].publicKey.bytes.array) }
        return [
            ("nothing", .failure(.unreachable)), ("silence", .failure(.timedOut)),
            ("not found", .success(HTTPAnswer(status: 404))),
            ("an error with the document", .success(HTTPAnswer(status: 500, body: second.bytes))),
            ("empty", ok([])), ("a web page", ok(Array("<html></html>".utf8))),
            ("cut off", ok(second.bytes.dropLast(1))), ("a flipped bit", ok(flipped)),
            ("a tail", ok(second.bytes + [10])),
            ("another's document", ok(Array(mallorys.utf8))),
            ("another name of the same user", ok(try alice.document("alicia", hosts: hosts).bytes)),
            ("another contact", ok(edited(contact, "<contact>tcp://6.6.6.6:7771</contact>"))),
            (
                "a contact more",
                ok(edited(contact, contact + "\n    <contact>tcp://6.6.6.6:1</contact>"))
            ),
            ("another source", ok(edited("host-b.com", "host-x.com"))),
            ("a later revision", ok(edited("<revision>1<", "<revision>9<"))),
            ("another's public key", ok(edited(key(alice), key(mallory)))),
            (
                "another's signature",
                ok(
                    Array(second.bytes.dropLast(154))
                        + Array(mallorys.utf8.suffix(154)))
            ),
            ("a comment", ok(edited("<scrubbers/>", "<scrubbers/><!-- -->"))),
            ("billion laughs", ok(Array(bomb.utf8))), ("XXE", ok(Array(external.utf8))),
            ("64k attributes", ok(Array("\(prologue)<identity \(attributes)/>".utf8))),
            ("too long", ok([UInt8](repeating: 32, count: 1 << 20))),
            ("CRLF", ok(edited("\n", "\r\n"))),
            ("a document for other servers", ok(try alice.document(hosts: ["host-x.com"]).bytes)),
            (
                "a fork of what was seen",
                ok(try alice.document(contact: "tcp://6.6.6.6:7771").bytes)
            ),
        ]
    }

    @Test func `more than 20 kinds of wrong answers are refused, each for itself`() throws {
        let lies = try lies()
        #expect(lies.count >= 20)
        let source = first.content.sources[0]
        for (name, lie) in lies {
            let finding = IdentityLookup.choose([source], [lie], user: alice.userID, seen: first)
            #expect(finding.document == nil, "\(name)")
            #expect(finding.faults[0] != nil, "\(name)")
        }
    }

    @Test func `one honest server among liars is enough, wherever it stands`() throws {
        for (name, lie) in try lies() {
            for place in 0..<3 {
                var results = [lie, lie, lie]
                results[place] = ok(second.bytes)
                let finding = IdentityLookup.choose(
                    first.content.sources, results, user: alice.userID, seen: first)
                #expect(finding.document == second, "\(name) \(place)")
                #expect(finding.faults.count { $0 == nil } == 1, "\(name) \(place)")
            }
        }
    }

    @Test func `the newest valid one wins in any order`() throws {
        let all = [ok(first.bytes), ok(second.bytes), ok(third.bytes)]
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let finding = IdentityLookup.choose(
                first.content.sources, order.map { all[$0] }, user: alice.userID, seen: nil)
            #expect(finding.document == third)
            #expect(finding.faults == [nil, nil, nil])
        }
    }

    @Test func `nothing older than what was seen is believed`() throws {
        let finding = IdentityLookup.choose(
            first.content.sources, [ok(first.bytes), ok(second.bytes), .failure(.timedOut)],
            user: nil, seen: third)
        #expect(finding.document == nil)
        #expect(
            finding.faults[1]
                == .succession(.rollback(have: third.order, offered: second.order)))
        #expect(finding.alarms.isEmpty)
        let same = IdentityLookup.choose(
            [first.content.sources[0]], [ok(third.bytes)], user: nil, seen: third)
        #expect(same.document == third)
    }

    @Test func `contradictions are told`() throws {
        let fork = try alice.next(first, "fork")
        let sources = Array(first.content.sources.prefix(2))
        let seen = IdentityLookup.choose(
            [sources[0]], [ok(fork.bytes)], user: alice.userID, seen: second)
        #expect(seen.document == nil)
        #expect(seen.alarms == [.equivocation(second.order)])
        let both = IdentityLookup.choose(
            sources, [ok(second.bytes), ok(fork.bytes)], user: alice.userID, seen: first)
        #expect(both.alarms == [.equivocation(second.order)])
        let strangers = IdentityLookup.choose(
            sources, [ok(second.bytes), ok(try mallory.document(hosts: hosts).bytes)], user: nil,
            seen: nil)
        #expect(strangers.document == nil)
        #expect(strangers.alarms == [.otherUser(mallory.userID)])
    }

    @Test func `what was believed is remembered, also for the next start`() async throws {
        let network = try ServerNetwork(hosts)
        let scratch = ScratchDirectory()
        let path = "\(scratch.path)/seen.sqlite"
        let seen = try SeenIdentities(path: path)
        let finder = IdentityFinder(exchange: network, seen: seen)
        let sources = first.content.sources
        for host in hosts.dropLast() { #expect(network[host].post(second.bytes).status == 200) }
        #expect(network["host-c.com"].post(third.bytes).status == 200)
        // One source is asked for; the document names the others, and one of those has the newest.
        #expect(try await finder.find([sources[0]]).document == third)
        #expect(try finder.remembered(alice.userID) == third)
        #expect(try finder.remembered(first.globalID) == [third])
        seen.close()
        let again = try SeenIdentities(path: path)
        defer { again.close() }
        let later = IdentityFinder(exchange: network, seen: again)
        network.set("host-c.com", .refuses)
        let finding = try await later.find(sources, user: alice.userID)
        #expect(finding.document == nil)
        #expect(try later.remembered(alice.userID) == third)
        #expect(throws: SuccessionError.self) { try later.believe(second) }
        try later.believe(try alice.rotated(third))
        #expect(try later.remembered(alice.userID)?.order.generation == 1)
    }
}
