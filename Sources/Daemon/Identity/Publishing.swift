internal import Identities
internal import IdentityServers
internal import Model
internal import Services
internal import Settings

/// Where and how identity documents are published: settings, or else the network that was joined.
struct Publishing: Sendable {
    let values: SettingValues
    let network: NetworkDescription?

    var knownServers: [IdentityServers.KnownServer] {
        let named = KnownServers.of(values[IdentitySettings.knownServers])
        return named.isEmpty ? network?.identityServers ?? [] : named
    }

    var serverCounts: ClosedRange<Int> {
        let most = max(1, values[IdentitySettings.maxServers])
        return min(values[IdentitySettings.minServers], most)...most
    }

    func plan(
        preferred: [IdentityServers.KnownServer], states: StateRegistry
    ) -> LocalIdentity.Plan {
        let port = values[NetworkSettings.tcpPort]
        let external = values[NetworkSettings.externalAddress]
        let contacts: ContactChoice =
            external.map {
                .given([Identities.Contact(transport: "tcp", host: .address($0), port: port)])
            } ?? .detected(transport: "tcp", port: port)
        var configured = KnownServers.of(values[IdentitySettings.preferredServers])
        // Who runs a server of the network is at home there.
        if configured.isEmpty { configured = knownServers.filter { $0.host == values.serverHost } }
        return LocalIdentity.Plan(
            known: knownServers, preferred: preferred.isEmpty ? configured : preferred,
            serverCounts: serverCounts, contacts: contacts, states: states)
    }
}

/// Identity servers out of the words of settings and requests.
enum KnownServers {
    static func of(_ settings: [Settings.KnownServer]) -> [IdentityServers.KnownServer] {
        settings.compactMap { IdentityServers.KnownServer("\($0)") }
    }

    /// - Throws: `BD-SERVER` for what is no list of `host:web:tcp`.
    static func parse(_ text: String) throws(Failure) -> [IdentityServers.KnownServer] {
        do {
            return try IdentityServers.KnownServer.list(text)
        } catch {
            throw Failure(
                "BD-SERVER", .usage, "\(text) is no list of identity servers",
                remedy: "write host:web-port:tcp-port,...")
        }
    }
}
