import Model
import Testing

@testable import Networking

@Suite struct WebURLTests {
    @Test func `good URLs are read into their parts`() throws {
        let cases: [(String, String, UInt16, String)] = [
            ("http://host-a.com", "host-a.com", 80, "/"),
            ("http://Host-A.com:8084/alice.xml", "host-a.com:8084", 8084, "/alice.xml"),
            ("HTTP://a_b.c?x=1", "a_b.c", 80, "/?x=1"),
            ("http://127.0.0.1:80/", "127.0.0.1", 80, "/"),
            ("http://[::1]:8180/a", "[::1]:8180", 8180, "/a"),
            ("http://localhost/%20", "localhost", 80, "/%20"),
        ]
        for (text, authority, port, target) in cases {
            let url = try #require(WebURL(text), "\(text)")
            #expect(url.authority == authority)
            #expect(url.port == port)
            #expect(url.target == target)
            #expect(WebURL(url.description) == url)
        }
    }

    @Test func `anything else is refused`() {
        let bad = [
            "", "http://", "http:///", "https://a", "ftp://a", "//a", "a", "http:/a",
            "http://user@a/", "http://user:pass@a/", "http://a b/", "http://a/ b", "http://a/\r\nX",
            "http://a:0/", "http://a:65536/", "http://a:/", "http://a:+1/", "http://a/#x",
            "http://[::1/", "http://::1/", "http://[127.0.0.1]/", "http://[a]/",
            "http://2130706433/",
            "http://0x7f.1/", "http://127.1/", "http://a..b/", "http://-a/", "http://ä/",
            "http://a/ä",
            "http://a/" + String(repeating: "a", count: 2048),
        ]
        for text in bad { #expect(WebURL(text) == nil, "\(text)") }
    }

    @Test func `header fields hold nothing that ends a line`() {
        var fields = HeaderFields()
        #expect(!append("A", "b\r\nC: d", &fields))
        #expect(!append("A\r\nB", "c", &fields))
        #expect(!append("A", "\u{0}", &fields))
        #expect(!append("", "b", &fields))
        #expect(!append("A:", "b", &fields))
        #expect(fields == HeaderFields())
        #expect(append("Set", "1", &fields))
        #expect(append("set", "2\tx", &fields))
        #expect(fields["SET"] == "1")
        #expect(fields.values(of: "sEt") == ["1", "2\tx"])
    }

    private func append(_ name: String, _ value: String, _ fields: inout HeaderFields) -> Bool {
        fields.append(name, value)
    }
}
