internal import Model

/// Where identity documents are published, and the identity server of this node.
package enum IdentitySettings {
    package static let knownServers = Setting.knownServers(
        "services/identity-propagate/known-servers",
        "all identity servers of the network, host:web:tcp,host:web:tcp; empty: those of the "
            + "joined network")
    package static let preferredServers = Setting.knownServers(
        "services/identity-propagate/preferred-servers",
        "identity servers to register with before others, written like known-servers")
    package static let minServers = Setting.integer(
        "services/identity-propagate/min-servers", 2, in: 1...serverCountMax,
        "identity servers that your identity is registered with at least")
    package static let maxServers = Setting.integer(
        "services/identity-propagate/max-servers", 5, in: 1...serverCountMax,
        "identity servers that your identity is registered with at most")
    package static let automaticRotate = Setting.boolean(
        "services/identity-propagate/automatic-rotate-enabled", true,
        "replace an identity server that no longer answers")
    package static let healthCheckInterval = Setting.integer(
        "services/identity-propagate/health-check-interval-seconds", 300, in: 10...86_400,
        "seconds between two checks of the servers that hold your identity")

    package static let serverHost = Setting.host(
        "services/identity-server/host",
        "the name of this machine as others reach it; an identity server takes only identities "
            + "published under it")
    package static let serverWebPort = Setting.port(
        "services/identity-server/web-port", 8084,
        "TCP port where the identity server answers HTTP")
    package static let serverTCPPort = Setting.port(
        "services/identity-server/tcp-port", KnownServer.tcpPortDefault,
        "TCP port where the identity server takes identities")
    package static let serverIdleDays = Setting.integer(
        "services/identity-server/idle-days", 180, in: 1...36_500,
        "days after which an identity that its owner did not touch is removed")

    /// Sources of one identity document.
    private static let serverCountMax = 6

    static let all = [
        knownServers.definition, preferredServers.definition, minServers.definition,
        maxServers.definition, automaticRotate.definition, healthCheckInterval.definition,
        serverHost.definition, serverWebPort.definition, serverTCPPort.definition,
        serverIdleDays.definition,
    ]
}
