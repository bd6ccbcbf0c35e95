internal import Hashing
package import Identities
package import Model

/// A short code that can be said over a telephone: `4-walnut-orbit@host-a.com:8084`.
///
/// It names a page of the creating node's identity server, which holds the network's description.
/// The part before the at sign is 22 bits, enough against guessing at a server that counts uses,
/// not against one who listens on the way. docs/decisions/0013-join-code.md.
package struct JoinCode: Hashable, Sendable, CustomStringConvertible {
    /// 1 to 64.
    let number: Int
    let words: [Int]
    /// Who holds the page; `nil` when the code was said without.
    package var server: KnownPage?

    /// Host and web port of an identity server.
    package struct KnownPage: Hashable, Sendable, CustomStringConvertible {
        package let host: Host
        package let port: UInt16

        package init(host: Host, port: UInt16) {
            self.host = host
            self.port = port
        }

        /// Reads `host-a.com`, `host-a.com:80`.
        package init?(_ text: some StringProtocol) {
            guard let source = Source("http://\(text)/aaa.xml") else {
                guard text.hasSuffix(":80"),
                    let source = Source("http://\(text.dropLast(3))/aaa.xml")
                else { return nil }
                self.init(host: source.host, port: 80)
                return
            }
            self.init(host: source.host, port: source.port)
        }

        package var description: String { port == 80 ? "\(host)" : "\(host):\(port)" }
    }

    package init(random: some RandomSource, server: KnownPage?) {
        let bytes = random.bytes(3)
        number = Int(bytes[0] & 63) + 1
        words = bytes[1...].map { Int($0) }
        self.server = server
    }

    /// Reads a code in any case; `nil` for anything that ``description`` does not write.
    package init?(_ text: some StringProtocol) {
        let lower = text.lowercased()
        let halves = lower.split(separator: "@", omittingEmptySubsequences: false)
        guard (1...2).contains(halves.count) else { return nil }
        let parts = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let number = Int(parts[0]), (1...64).contains(number),
            "\(number)" == parts[0]
        else { return nil }
        let words = parts[1...].compactMap { JoinWords.all.firstIndex(of: String($0)) }
        guard words.count == 2 else { return nil }
        self.number = number
        self.words = words
        guard halves.count == 2 else { return }
        guard let server = KnownPage(halves[1]) else { return nil }
        self.server = server
    }

    /// `4-walnut-orbit`.
    package var spoken: String {
        "\(number)-" + words.map { JoinWords.all[$0] }.joined(separator: "-")
    }

    package var description: String { spoken + (server.map { "@\($0)" } ?? "") }

    /// What stands in the page's path, so that the code itself is in no log: 16 bytes of BLAKE3.
    package var token: String {
        let label = Array("bitdust/v1/join-code\0\(spoken)".utf8)
        return Hex.encode(Array(BLAKE3.hash(label.span.bytes).array.prefix(16)))
    }
}
