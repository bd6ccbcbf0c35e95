package import Identities
internal import Model

/// An identity server as the configuration names it: `host-a.com:80:6661`.
package struct KnownServer: Hashable, Sendable, CustomStringConvertible {
    package let host: Host
    package let webPort: UInt16
    package let tcpPort: UInt16

    package static let tcpPortDefault: UInt16 = 6661

    package init(
        host: Host, webPort: UInt16 = Source.portDefault,
        tcpPort: UInt16 = KnownServer.tcpPortDefault
    ) {
        self.host = host
        self.webPort = webPort
        self.tcpPort = tcpPort
    }

    /// Reads `host`, `host:webport` or `host:webport:tcpport`; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let bracket = text.lastIndex(of: "]").map { text.index(after: $0) } ?? text.startIndex
        let hostEnd = text[bracket...].firstIndex(of: ":") ?? text.endIndex
        guard let host = Host(text[..<hostEnd]) else { return nil }
        let ports = text[hostEnd...].split(separator: ":", omittingEmptySubsequences: false)
            .dropFirst()
        let numbers = ports.map { KnownServer.port($0) }
        guard numbers.count <= 2, !numbers.contains(nil) else { return nil }
        self.init(
            host: host, webPort: numbers.first.flatMap { $0 } ?? Source.portDefault,
            tcpPort: numbers.count == 2 ? numbers[1]! : KnownServer.tcpPortDefault)
    }

    /// Reads a list parted by commas, blanks around its parts, each server once.
    ///
    /// - Throws: ``KnownServerError`` with the part that is no server.
    package static func list(_ text: String) throws(KnownServerError) -> [KnownServer] {
        var servers: [KnownServer] = []
        for part in text.split(separator: ",") {
            let word = part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            guard !word.isEmpty else { continue }
            guard let server = KnownServer(String(word)) else {
                throw .notAServer(String(word))
            }
            if !servers.contains(server) { servers.append(server) }
        }
        guard servers.count <= Limits.knownServerCountMax else { throw .tooMany(servers.count) }
        return servers
    }

    package var description: String { "\(host):\(webPort):\(tcpPort)" }

    /// Its index page.
    package var url: String {
        webPort == Source.portDefault ? "http://\(host)/" : "http://\(host):\(webPort)/"
    }

    package func source(of name: IdentityName) -> Source {
        Source(host: host, port: webPort, name: name)
    }

    private static func port(_ text: some StringProtocol) -> UInt16? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
            let port = UInt16(text), port > 0
        else { return nil }
        return port
    }
}

package enum KnownServerError: Error, Equatable, Sendable {
    case notAServer(String)
    case tooMany(Int)
}

extension Source {
    /// The server of this source; its TCP port is not known from a source.
    package var server: KnownServer { KnownServer(host: host, webPort: port) }
}
