import Daemon
import Model
import Testing

/// A13 of the threat model: a web page that the user's own browser shows, or another user of the
/// machine, tries to use the interface.
@Suite struct ThreatA13GuardTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let what: String
        var peer = "127.0.0.1"
        var uid: UInt32? = 1000
        var method = "GET"
        var host: String? = "localhost:8180"
        var origin: String?
        var site: String?
        var agent: String? = "curl/8.5.0"
        var type: String?
        var secret: String?
        var changes = false
        let expected: APIGuard.Refusal?

        var testDescription: String { what }
    }

    private static let browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"
    private static let form = "application/x-www-form-urlencoded"
    private static let secret = "correct-horse-battery"

    static let allowed: [Row] = [
        Row(what: "curl", expected: nil),
        Row(what: "curl that stops the node", changes: true, expected: nil),
        Row(what: "curl -4 by address", host: "127.0.0.1:8180", expected: nil),
        Row(what: "curl -6", peer: "::1", host: "[::1]:8180", expected: nil),
        Row(what: "curl in capitals", host: "LocalHost:8180", expected: nil),
        Row(what: "IPv4 mapped into IPv6", peer: "::ffff:127.0.0.1", expected: nil),
        Row(what: "curl -d", method: "POST", type: form, changes: true, expected: nil),
        Row(
            what: "a script's JSON", method: "POST", agent: "python-requests/2.31",
            type: "application/json", changes: true, expected: nil),
        Row(what: "no agent at all", method: "PUT", agent: nil, changes: true, expected: nil),
        Row(what: "own secret given", secret: secret, expected: nil),
        Row(what: "another user with the secret", uid: 1001, secret: secret, expected: nil),
        Row(what: "root with the secret", uid: 0, secret: secret, expected: nil),
        Row(what: "a hidden user with the secret", uid: nil, secret: secret, expected: nil),
        Row(what: "the user types the address", site: "none", agent: browser, expected: nil),
        Row(what: "an own page reads", site: "same-origin", agent: browser, expected: nil),
        Row(
            what: "an own page changes", method: "POST", origin: "http://localhost:8180",
            site: "same-origin", agent: browser, type: "application/json", changes: true,
            expected: nil),
    ]

    static let refused: [Row] = [
        Row(what: "from the network", peer: "192.168.1.7", expected: .notLoopback),
        Row(what: "from IPv6", peer: "fe80::1", secret: secret, expected: .notLoopback),
        Row(what: "no host", host: nil, expected: .wrongHost),
        Row(what: "a name that leads here", host: "evil.example:8180", expected: .wrongHost),
        Row(what: "a name like ours", host: "localhost.evil.example:8180", expected: .wrongHost),
        Row(what: "another port", host: "localhost:8181", expected: .wrongHost),
        Row(what: "no port", host: "localhost", expected: .wrongHost),
        Row(what: "a blank behind", host: "localhost:8180 ", expected: .wrongHost),
        Row(
            what: "rebinding with the secret", host: "evil.example:8180", secret: secret,
            expected: .wrongHost),
        Row(
            what: "a page's fetch", origin: "https://evil.example", site: "cross-site",
            agent: browser, expected: .foreignOrigin),
        Row(
            what: "a page's POST as text", method: "POST", origin: "https://evil.example",
            site: "cross-site", agent: browser, type: "text/plain", changes: true,
            expected: .foreignOrigin),
        Row(
            what: "an old browser's POST", method: "POST", origin: "https://evil.example",
            agent: browser, type: form, changes: true, expected: .foreignOrigin),
        Row(
            what: "a sandboxed frame", method: "POST", origin: "null", site: "cross-site",
            agent: browser, changes: true, expected: .foreignOrigin),
        Row(
            what: "a page of this machine on another port", origin: "http://localhost:3000",
            site: "same-site", agent: browser, expected: .foreignOrigin),
        Row(
            what: "our page by its other name", origin: "http://127.0.0.1:8180",
            site: "cross-site", agent: browser, expected: .foreignOrigin),
        Row(
            what: "our origin by TLS", origin: "https://localhost:8180", expected: .foreignOrigin),
        Row(
            what: "a preflight", method: "OPTIONS", origin: "https://evil.example",
            site: "cross-site", agent: browser, expected: .foreignOrigin),
        Row(what: "a page's image", site: "cross-site", agent: browser, expected: .foreignPage),
        Row(
            what: "a link that stops the node", site: "cross-site", agent: browser, changes: true,
            expected: .foreignPage),
        Row(
            what: "a neighbour's image", site: "same-site", agent: browser, expected: .foreignPage),
        Row(
            what: "a link in a letter that stops the node", site: "none", agent: browser,
            changes: true, expected: .foreignPage),
        Row(what: "a word nobody knows", site: "friendly", expected: .foreignPage),
        Row(
            what: "a page with the secret", site: "cross-site", agent: browser, secret: secret,
            expected: .foreignPage),
        Row(what: "an old browser's image", agent: browser, expected: .silentBrowser),
        Row(
            what: "an old browser's link", agent: browser, changes: true, expected: .silentBrowser),
        Row(
            what: "a form with parts", method: "POST", type: "multipart/form-data; boundary=x",
            changes: true, expected: .form),
        Row(what: "another user", uid: 1001, expected: .secretMissing),
        Row(what: "root", uid: 0, expected: .secretMissing),
        Row(what: "nobody's socket", uid: nil, expected: .secretMissing),
        Row(what: "another user's guess", uid: 1001, secret: "guess", expected: .secretWrong),
        Row(what: "a longer guess", uid: 1001, secret: secret + "x", expected: .secretWrong),
        Row(what: "a part of it", uid: 1001, secret: "correct-horse", expected: .secretWrong),
        Row(what: "nothing as a secret", uid: 1001, secret: "", expected: .secretWrong),
        Row(what: "own user, old secret", secret: "an-older-secret-1", expected: .secretWrong),
    ]

    private func refusal(_ row: Row, secret: String? = secret) throws -> APIGuard.Refusal? {
        var call = APICall(peer: try #require(IPAddress(row.peer)), peerUID: row.uid)
        call.method = row.method
        call.host = row.host
        call.origin = row.origin
        call.site = row.site
        call.userAgent = row.agent
        call.contentType = row.type
        call.secret = row.secret
        call.changesState = row.changes
        return APIGuard(ownUID: 1000, secret: secret.map { APISecret($0) }, port: 8180)
            .refusal(of: call)
    }

    @Test(arguments: allowed + refused)
    func `the guard lets in the own user and who has the secret, never a web page`(row: Row) throws
    {
        #expect(try refusal(row) == row.expected)
    }

    @Test func `the matrix has at least 40 rows, and every refusal is in it`() {
        #expect(Self.allowed.count + Self.refused.count >= 40)
        #expect(Set(Self.refused.map(\.expected)) == Set(APIGuard.Refusal.allCases.map { $0 }))
    }

    @Test func `whatever a refused page adds, it stays refused`() throws {
        let pages = Self.refused.filter { ($0.expected?.statusCode ?? 0) == 403 }
        for page in pages {
            for secret in [nil, Self.secret, "guess"] {
                for type in [nil, Self.form, "application/json", "text/plain"] {
                    for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"] {
                        var row = page
                        row.secret = secret
                        row.type = page.expected == .form ? page.type : type
                        row.method = method
                        #expect(try refusal(row) != nil, "\(page.what)")
                    }
                }
            }
        }
    }

    @Test func `without a secret nobody else is let in, whatever they send`() throws {
        for secret in ["", "x", Self.secret] {
            var row = Row(what: "", uid: 1001, expected: nil)
            row.secret = secret
            #expect(try refusal(row, secret: nil) == .secretWrong)
        }
        #expect(try refusal(Row(what: "", expected: nil), secret: nil) == nil)
    }

    @Test func `a WebSocket is opened by own pages of the REST port and by no others`() throws {
        let sockets = APIGuard(ownUID: 1000, secret: nil, port: 8280, pagePort: 8180)
        func refusal(_ origin: String?, _ site: String?, _ agent: String) -> APIGuard.Refusal? {
            var call = APICall(peer: .v4(0x7f00_0001), peerUID: 1000)
            call.host = "localhost:8280"
            call.origin = origin
            call.site = site
            call.userAgent = agent
            call.changesState = true
            return sockets.refusal(of: call)
        }
        #expect(refusal(nil, nil, "python") == nil)
        #expect(refusal("http://localhost:8180", "same-site", Self.browser) == nil)
        #expect(refusal("http://localhost:8180", nil, Self.browser) == nil)
        #expect(refusal("http://localhost:8280", "same-origin", Self.browser) == .foreignOrigin)
        #expect(refusal("http://localhost:3000", "same-site", Self.browser) == .foreignOrigin)
        #expect(refusal("http://evil.example", "cross-site", Self.browser) == .foreignOrigin)
        #expect(refusal(nil, "same-site", Self.browser) == .foreignPage)
        #expect(refusal(nil, nil, Self.browser) == .silentBrowser)
    }
}
