package import Model

/// What the guard looks at: who called, and what browsers say about the page that made them call.
package struct APICall: Hashable, Sendable {
    package var peer: IPAddress
    /// The user that owns the calling socket; `nil` when nobody can tell.
    package var peerUID: UInt32?
    package var method = "GET"
    package var host: String?
    package var origin: String?
    /// The header Sec-Fetch-Site: how the page that calls stands to us.
    package var site: String?
    package var userAgent: String?
    package var contentType: String?
    /// The header `api_secret`, or the same in the query of a WebSocket.
    package var secret: String?
    /// Whether the route changes anything; its verb alone does not say.
    package var changesState = false

    package init(peer: IPAddress, peerUID: UInt32?) {
        self.peer = peer
        self.peerUID = peerUID
    }
}

/// Decides who may use the interface: the user that runs the node, without more; other users of
/// the machine with the secret; a web page never, whoever's browser shows it.
///
/// A browser runs as its user, so a page's requests come from the right user. They are told by what
/// pages cannot take away: `Origin` and `Sec-Fetch-Site`, and a browser's own `User-Agent` where an
/// old one sends neither. A name that leads back here by DNS is told by `Host`.
///
/// - SeeAlso: Fetch, “Sec-Fetch-*” (W3C Fetch Metadata Request Headers, 2021); RFC 6454.
package struct APIGuard: Sendable {
    package enum Refusal: String, Hashable, Sendable, CaseIterable {
        case notLoopback = "not_loopback"
        case wrongHost = "wrong_host"
        case foreignOrigin = "foreign_origin"
        case foreignPage = "foreign_page"
        /// A browser that does not say which page calls.
        case silentBrowser = "silent_browser"
        /// A form with parts: nothing but a page sends one.
        case form = "form"
        case secretMissing = "secret_missing"
        case secretWrong = "secret_wrong"

        /// 401 where a secret would help, else 403.
        package var statusCode: Int {
            switch self {
            case .secretMissing, .secretWrong: 401
            default: 403
            }
        }
    }

    private let ownUID: UInt32
    private let secret: APISecret?
    private let hosts: Set<String>
    private let origins: Set<String>
    private let isWebSocket: Bool

    /// - Parameters:
    ///   - ownUID: the user that runs the node.
    ///   - secret: what other users must know; without one they are never let in.
    ///   - port: where the interface listens.
    ///   - pagePort: where the node's own pages come from, when that is another port. Such pages
    ///     are of the same site, not of the same origin; they may open WebSockets.
    package init(ownUID: UInt32, secret: APISecret?, port: UInt16, pagePort: UInt16? = nil) {
        self.ownUID = ownUID
        self.secret = secret
        let names = ["localhost", "127.0.0.1", "[::1]"]
        hosts = Set(names.map { "\($0):\(port)" } + (port == 80 ? names : []))
        origins = Set(names.map { "http://\($0):\(pagePort ?? port)" })
        isWebSocket = pagePort != nil
    }

    /// Why the call is refused; `nil` when it is allowed.
    package func refusal(of call: APICall) -> Refusal? {
        guard call.peer.isLoopback else { return .notLoopback }
        guard let host = call.host?.lowercased(), hosts.contains(host) else { return .wrongHost }
        return pageRefusal(call, host: host) ?? userRefusal(call)
    }

    private func pageRefusal(_ call: APICall, host: String) -> Refusal? {
        if let origin = call.origin?.lowercased() {
            guard origins.contains(origin), isWebSocket || origin == "http://\(host)" else {
                return .foreignOrigin
            }
        }
        switch call.site {
        case "same-origin": break
        case "same-site": guard isWebSocket, call.origin != nil else { return .foreignPage }
        // Nobody's page: the user typed the address. A link in a letter looks the same, so this
        // may read and not change.
        case "none": guard !call.changesState else { return .foreignPage }
        case nil:
            let isBrowser = call.userAgent?.hasPrefix("Mozilla/") ?? false
            guard !isBrowser || (isWebSocket && call.origin != nil) else { return .silentBrowser }
        default: return .foreignPage
        }
        let type = call.contentType?.lowercased() ?? ""
        return type.hasPrefix("multipart/") ? .form : nil
    }

    private func userRefusal(_ call: APICall) -> Refusal? {
        if let given = call.secret {
            // A wrong secret is refused, whoever gives it: its owner should know.
            guard let secret, secret.matches(given) else { return .secretWrong }
            return nil
        }
        return call.peerUID == ownUID ? nil : .secretMissing
    }
}
