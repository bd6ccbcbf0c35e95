import Model
import Testing

@Suite struct `Addresses and endpoints` {
    @Test(arguments: [
        ("1.2.3.4", "1.2.3.4"), ("0.0.0.0", "0.0.0.0"), ("::", "::"), ("::1", "::1"),
        ("2001:DB8::0:1", "2001:db8::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("::ffff:10.0.0.1", "10.0.0.1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("fe80::", "fe80::"),
    ])
    func `an address is read and written`(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(bytes: address.bytes) == address)
        #expect(IPAddress(address.description) == address)
    }

    @Test(arguments: [
        "", "host-a.com", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.-4", ":", ":::",
        "1::2::3",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "1.2.3.4::", "::1.2.3",
        "1:2:3:4:5:6:7::8",
        "+1.2.3.4", "::+1", "１.2.3.4",
    ])
    func `anything else is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: ["1.2.3.4:1", "[::1]:14441", "[2001:db8::1]:65535"])
    func `an endpoint is read and written`(text: String) {
        #expect(Endpoint(text)?.description == text)
    }

    @Test(arguments: [
        "1.2.3.4", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "::1:80", "[1.2.3.4]:80", "a:80",
        "1.2.3.4:+1",
    ])
    func `what is no endpoint is refused`(text: String) {
        #expect(Endpoint(text) == nil)
    }

    @Test func `local ranges are known and others are not`() {
        for text in [
            "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.0.1", "0.0.0.0",
            "224.0.0.1",
            "::1", "::", "fe80::1", "fd00::1", "ff02::1", "100.64.0.1",
        ] {
            #expect(IPAddress(text)?.isLocal == true, "\(text)")
        }
        for text in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1", "203.0.113.5"] {
            #expect(IPAddress(text)?.isLocal == false, "\(text)")
        }
    }

    @Test func `a range is what one operator usually holds`() {
        #expect(IPAddress("203.0.113.5")?.range == IPAddress("203.0.113.0"))
        #expect(IPAddress("2001:db8:1:2::5")?.range == IPAddress("2001:db8:1::"))
    }
}
