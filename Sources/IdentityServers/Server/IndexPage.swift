package import Identities
package import Model

/// The page at `/`: the names that are published here, in pages, and other servers.
package struct IndexPage: Sendable {
    package let host: Host
    package let total: Int
    /// In alphabetic order.
    package let names: [String]
    /// Where the next page starts; `nil` on the last.
    package let next: String?
    package let isFirst: Bool
    package let servers: [KnownServer]
    /// Who asks; the port is `nil` when a web server in front of ours did not say.
    package let client: (address: IPAddress, port: UInt16?)

    package init(
        host: Host, total: Int, names: [String], next: String?, isFirst: Bool,
        servers: [KnownServer], client: (address: IPAddress, port: UInt16?)
    ) {
        self.host = host
        self.total = total
        self.names = names
        self.next = next
        self.isFirst = isFirst
        self.servers = servers
        self.client = client
    }

    package static func title(_ host: Host) -> String { "Identities on \(host)" }

    /// Names and hosts hold nothing that means something to HTML.
    package var html: String {
        let title = IndexPage.title(host)
        var lines = [
            "<!DOCTYPE html>", "<html lang=\"en\">", "<head>", "<meta charset=\"utf-8\">",
            "<title>\(title)</title>", "</head>", "<body>", "<h1>\(title)</h1>", "<ul>",
        ]
        lines += names.map { "<li><a href=\"/\($0).xml\">\($0)</a></li>" }
        lines.append("</ul>")
        if !isFirst { lines.append("<p><a href=\"/\">first page</a></p>") }
        if let next { lines.append("<p><a href=\"/?after=\(next)\">next page</a></p>") }
        lines.append("<p>Total identities on \"\(host)\": \(total)</p>")
        if !servers.isEmpty {
            lines += ["<h2>Other identity servers</h2>", "<ul>"]
            lines += servers.map { "<li><a href=\"\($0.url)\">\($0.host)</a></li>" }
            lines.append("</ul>")
        }
        lines += ["<!--\(IndexPage.clientMark)\(clientText)-->", "</body>", "</html>", ""]
        return lines.joined(separator: "\n")
    }

    private static let clientMark = "CLIENT_HOST="

    private var clientText: String {
        switch client.address {
        case .v4: "\(client.address):\(client.port ?? 0)"
        case .v6: "[\(client.address)]:\(client.port ?? 0)"
        }
    }

    /// The address that a server saw us come from, out of its page; `nil` when there is none.
    package static func clientAddress(in page: [UInt8]) -> IPAddress? {
        let text = String(decoding: page.prefix(Limits.indexPageLengthMax), as: UTF8.self)
        guard let mark = text.firstRange(of: "<!--\(clientMark)") else { return nil }
        let rest = text[mark.upperBound...].prefix(64)
        guard let end = rest.firstRange(of: "-->") else { return nil }
        let value = rest[..<end.lowerBound]
        guard let colon = value.lastIndex(of: ":") else { return nil }
        var host = value[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return IPAddress(host)
    }
}
