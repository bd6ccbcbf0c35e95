package import Model

/// What an HTTP client asks of an identity server.
package struct IdentityServerRequest: Sendable {
    package var method: String
    /// Path and query as they came.
    package var target: String
    package var client: Endpoint
    /// `X-Forwarded-For`, which is believed from this machine's own web server only.
    package var forwardedFor: String?
    package var body: [UInt8]

    package init(
        method: String, target: String, client: Endpoint, forwardedFor: String? = nil,
        body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.client = client
        self.forwardedFor = forwardedFor
        self.body = body
    }

    /// Who asks. Behind a web server on this machine it is the last address in the header, which
    /// that server has written itself; its port is not known.
    var origin: (address: IPAddress, port: UInt16?) {
        if client.address.isLoopback, let last = forwardedFor?.split(separator: ",").last {
            let word = last.filter { $0 != " " }
            if let address = IPAddress(word) { return (address, nil) }
        }
        return (client.address, client.port)
    }
}

/// What it gets; to `HEAD` the body's length only.
package struct IdentityServerAnswer: Equatable, Sendable {
    package struct Header: Equatable, Sendable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package var status: Int
    package var headers: [Header]
    package var body: [UInt8]

    private static let always = [
        Header("Cache-Control", "no-cache"), Header("X-Content-Type-Options", "nosniff"),
        Header("Content-Security-Policy", "sandbox"),
    ]

    init(_ status: Int, type: String, _ body: [UInt8], _ headers: [Header] = []) {
        self.status = status
        self.headers = [Header("Content-Type", type)] + IdentityServerAnswer.always + headers
        self.body = body
    }

    static func text(
        _ status: Int, _ text: String, _ headers: [Header] = []
    ) -> IdentityServerAnswer {
        IdentityServerAnswer(
            status, type: "text/plain; charset=utf-8", Array("\(text)\n".utf8), headers)
    }

    static func refused(_ refusal: UploadRefusal) -> IdentityServerAnswer {
        text(
            refusal.status, "\(refusal.word): \(refusal.message)",
            refusal == .tooOften ? [Header("Retry-After", "60")] : [])
    }
}
