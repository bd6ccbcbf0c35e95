package import Model

/// Where a server is: a DNS name in lower case, or an address.
package enum Host: Hashable, Sendable, CustomStringConvertible {
    case name(String)
    case address(IPAddress)

    /// Reads `host-a.com`, `localhost`, `192.0.2.1` and `[2001:db8::1]`, each in the one form in
    /// which it is written; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        if text.hasPrefix("["), text.hasSuffix("]") {
            guard let address = IPAddress(text.dropFirst().dropLast()), case .v6 = address
            else { return nil }
            self = .address(address)
        } else if !text.contains(":"), let address = IPAddress(text) {
            self = .address(address)
        } else {
            guard Host.isName(text) else { return nil }
            self = .name(String(text))
        }
        guard description == text else { return nil }
    }

    package var description: String {
        switch self {
        case .name(let name): name
        case .address(let address):
            if case .v6 = address { "[\(address)]" } else { "\(address)" }
        }
    }

    /// Whether it can only mean the machine that asks.
    package var isLoopback: Bool {
        switch self {
        case .name(let name): name == "localhost" || name.hasSuffix(".localhost")
        case .address(let address): address.isLoopback
        }
    }

    /// Labels of 1 to 63 letters, digits and inner hyphens, 253 in all; the last is no number,
    /// which would be half an address.
    ///
    /// - SeeAlso: RFC 1123, 2.1.
    private static func isName(_ text: some StringProtocol) -> Bool {
        guard text.utf8.count <= 253 else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard let last = labels.last, last.utf8.contains(where: { !(48...57).contains($0) })
        else { return false }
        return labels.allSatisfy { label in
            let hyphen = UInt8(ascii: "-")
            return (1...63).contains(label.utf8.count)
                && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy {
                    (97...122).contains($0) || (48...57).contains($0) || $0 == hyphen
                }
        }
    }
}

/// A port as it is written: decimal, no leading zero, not 0.
func parsePort(_ text: some StringProtocol) -> UInt16? {
    guard (1...5).contains(text.utf8.count), text.utf8.first != 48,
        text.utf8.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    return UInt16(text)
}

/// Parts `host:port`; the port is `nil` where there is none.
func splitHost(_ text: some StringProtocol) -> (host: Host, port: UInt16?)? {
    let afterHost = text.lastIndex(of: "]").map { text.index(after: $0) } ?? text.startIndex
    guard let colon = text[afterHost...].firstIndex(of: ":") else {
        return Host(text).map { ($0, nil) }
    }
    guard let host = Host(text[..<colon]), let port = parsePort(text[text.index(after: colon)...])
    else { return nil }
    return (host, port)
}
