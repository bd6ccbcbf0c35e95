package import Model

/// An `http:` URL, read strictly: `http://host[:port][/path][?query]`.
///
/// No user, no fragment, ASCII only, at most ``Limits/targetLengthMax`` bytes. Hosts are names of
/// letters, digits, `-`, `_` and `.`, IPv4 addresses, or IPv6 addresses in brackets.
package struct WebURL: Hashable, Sendable, CustomStringConvertible {
    package enum Host: Hashable, Sendable {
        case name(String)
        case address(IPAddress)
    }

    package let host: Host
    package let port: UInt16
    /// Path and query as they are sent, starting with `/`.
    package let target: String

    package init?(_ text: some StringProtocol) {
        let scheme = "http://"
        guard text.utf8.count <= Limits.targetLengthMax, text.utf8.count > scheme.utf8.count,
            text.prefix(scheme.count).lowercased() == scheme
        else { return nil }
        let rest = text.dropFirst(scheme.count)
        let start = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let (authority, tail) = (rest[..<start], rest[start...])
        guard let (host, port) = WebURL.authority(authority) else { return nil }
        let target = tail.hasPrefix("/") ? String(tail) : "/" + tail
        guard WebURL.isTarget(target) else { return nil }
        (self.host, self.port, self.target) = (host, port, target)
    }

    /// What a redirect from here to `location` means: an absolute URL, or a path on the same host.
    package func redirected(to location: String) -> WebURL? {
        if let absolute = WebURL(location) { return absolute }
        guard location.hasPrefix("/"), !location.hasPrefix("//") else { return nil }
        return WebURL("http://\(authority)\(location)")
    }

    /// Host and port as in the `Host` field: the port only when it is not 80.
    package var authority: String {
        let text =
            switch host {
            case .name(let name): name
            case .address(let address):
                if case .v6 = address { "[\(address)]" } else { "\(address)" }
            }
        return port == 80 ? text : "\(text):\(port)"
    }

    package var description: String { "http://\(authority)\(target)" }

    private static func authority(_ text: some StringProtocol) -> (Host, UInt16)? {
        let hostEnd = text.lastIndex(of: "]").map { text.index(after: $0) } ?? text.startIndex
        var hostText = text[...]
        var port: UInt16 = 80
        if let colon = text[hostEnd...].firstIndex(of: ":") {
            let digits = text[text.index(after: colon)...]
            guard (1...5).contains(digits.utf8.count),
                digits.utf8.allSatisfy({ (48...57).contains($0) }),
                let number = UInt16(digits), number > 0
            else { return nil }
            port = number
            hostText = text[..<colon]
        }
        if hostText.hasPrefix("["), hostText.hasSuffix("]") {
            guard hostText.contains(":"), let address = IPAddress(hostText.dropFirst().dropLast())
            else { return nil }
            return (.address(address), port)
        }
        if !hostText.contains(":"), let address = IPAddress(hostText) {
            return (.address(address), port)
        }
        let name = hostText.lowercased()
        return HostName.isValid(name) ? (.name(name), port) : nil
    }

    private static func isTarget(_ text: String) -> Bool {
        text.utf8.count <= Limits.targetLengthMax
            && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "#") }
    }
}
