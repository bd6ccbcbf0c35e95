import Model
import Testing

@testable import Identities

struct NameTests {
    @Test func `names have 3 to 20 of the letters, digits and marks allowed`() {
        let long = String(repeating: "a", count: 20)
        for text in ["bob", "a_b", "a-1", "alice", long] {
            #expect(IdentityName(text)?.text == text)
        }
        for text in ["", "ab", "1ab", "_ab", "-ab", "Bob", "a.b", "a b", "älg", "a/b", long + "a"] {
            #expect(IdentityName(text) == nil, "\(text)")
        }
    }

    @Test(arguments: [
        ("http://host-a.com/alice.xml", "alice@host-a.com"),
        ("http://host-b.com:8080/al_ice.xml", "al_ice@host-b.com_8080"),
        ("http://localhost:8084/bob.xml", "bob@localhost_8084"),
        ("http://192.0.2.1/bob.xml", "bob@192.0.2.1"),
        ("http://[2001:db8::1]:81/bob.xml", "bob@[2001:db8::1]_81"),
    ])
    func `a source and its global id are two forms of one thing`(url: String, id: String) throws {
        let source = try #require(Source(url))
        #expect("\(source)" == url)
        #expect("\(source.globalID)" == id)
        #expect(GlobalID(id)?.source == source)
    }

    @Test(arguments: [
        "", "http://", "http://host-a.com", "http://host-a.com/", "http://host-a.com/alice",
        "https://host-a.com/alice.xml", "HTTP://host-a.com/alice.xml", "http://host-a.com/al.xml",
        "http://Host-a.com/alice.xml", "http://host-a.com:80/alice.xml",
        "http://host-a.com:0/alice.xml", "http://host-a.com:08/alice.xml",
        "http://host-a.com:65536/alice.xml", "http://host-a.com:/alice.xml",
        "http://host-a.com:81:82/alice.xml", "http://a@host-a.com/alice.xml",
        "http://host-a.com//alice.xml", "http://host-a.com/x/alice.xml",
        "http://host-a.com/../alice.xml", "http://host-a.com/alice.xml?a", "http://-a.com/bob.xml",
        "http://a-.com/bob.xml", "http://a..com/bob.xml", "http://.a/bob.xml", "http://a./bob.xml",
        "http://1.2.3/bob.xml", "http://1.2.3.4.5/bob.xml", "http://01.2.3.4/bob.xml",
        "http://2001:db8::1/bob.xml", "http://[2001:DB8::1]/bob.xml", "http://[1.2.3.4]/bob.xml",
        "http://[::1/bob.xml", "http://a_b/bob.xml", "http://a b/bob.xml", "http://é.fr/bob.xml",
    ])
    func `what is no source is refused`(text: String) {
        #expect(Source(text) == nil)
    }

    @Test(arguments: [
        "", "@", "alice", "alice@", "@host", "alice@host_", "alice@host_80", "alice@host_0",
        "alice@host_1_2", "alice@a@b", "Alice@host", "alice@ho st", "alice@host_99999",
    ])
    func `what is no global id is refused`(text: String) {
        #expect(GlobalID(text) == nil)
    }

    @Test func `contacts are a transport, a host and a port`() throws {
        let contact = try #require(Contact("tcp://203.0.113.5:7771"))
        #expect(contact.endpoint == Endpoint(IPAddress("203.0.113.5")!, port: 7771))
        #expect(!contact.isLocal)
        #expect(Contact("tcp://10.0.0.1:1")?.isLocal == true)
        #expect(Contact("udp://[::1]:7")?.isLocal == true)
        #expect(Contact("tcp://host-a.com:7771")?.endpoint == nil)
        for text in [
            "tcp:", "tcp://", "tcp://1.2.3.4", "tcp://1.2.3.4:0", "TCP://1.2.3.4:1", "://1.2.3.4:1",
            "tcp:/1.2.3.4:1", "tcp://1.2.3.4:1/", "toolongforit://1.2.3.4:1", "tcp://:1",
            "a1://b:1",
        ] {
            #expect(Contact(text) == nil, "\(text)")
        }
    }
}
