internal import Identities
package import Model

/// Finds out which identity servers answer, as a value: calls out, results in.
///
/// A server that does not answer at the port that the configuration gives is tried at 80, where a
/// web server stands before it, and at its own 8084; there the page must name the host, so that no
/// other server is taken for it.
package struct ServerProbe: Sendable {
    private static let otherPorts: [UInt16] = [80, 8084]

    private let candidates: [KnownServer]
    private var asked: [(index: Int, server: KnownServer)]
    private var isSecondRound = false
    private var found: [Int: KnownServer] = [:]
    /// Where servers saw us come from, one for each that answered.
    package private(set) var ownAddresses: [IPAddress] = []

    package init(_ candidates: [KnownServer]) {
        self.candidates = candidates
        asked = candidates.enumerated().map { ($0, $1) }
    }

    package var calls: [ServerCall] { asked.map { .get($0.server.url) } }

    /// Those that answer, in the order of the candidates, with the port that does.
    package var answering: [KnownServer] { candidates.indices.compactMap { found[$0] } }

    /// Takes the results of `calls`; whether there is another round of calls to make.
    package mutating func answered(_ results: [ServerResult]) -> Bool {
        for (call, result) in zip(asked, results) where found[call.index] == nil {
            guard let page = result.page, isIndex(page, of: call.server.host) else { continue }
            found[call.index] = call.server
            if let address = IndexPage.clientAddress(in: page) { ownAddresses.append(address) }
        }
        guard !isSecondRound else { return false }
        isSecondRound = true
        asked = candidates.enumerated().flatMap { index, server in
            found[index] != nil
                ? []
                : ServerProbe.otherPorts.filter { $0 != server.webPort }.map {
                    (
                        index,
                        KnownServer(host: server.host, webPort: $0, tcpPort: server.tcpPort)
                    )
                }
        }
        return !asked.isEmpty
    }

    private func isIndex(_ page: [UInt8], of host: Host) -> Bool {
        let text = String(decoding: page.prefix(Limits.indexPageLengthMax), as: UTF8.self)
        let title = "<title>" + (isSecondRound ? IndexPage.title(host) + "<" : "Identities on ")
        return text.contains(title)
    }
}
