/// Keys of the older program that mean nothing here, and why: so that a script learns more than
/// that there is no such setting.
enum RetiredSettings {
    static let reasons: [String: String] = Dictionary(
        uniqueKeysWithValues: groups.flatMap { reason, keys in keys.map { ($0, reason) } })

    private static let groups: [(String, [String])] = [
        (
            "there is no FTP interface",
            ["interface/ftp/enabled", "interface/ftp/port"]
        ),
        (
            "the log goes to one file or to the journal",
            [
                "logs/stream-enabled", "logs/stream-port", "logs/traffic-enabled",
                "logs/traffic-port", "logs/memdebug-enabled", "logs/memdebug-port",
                "logs/memprofile-enabled",
            ]
        ),
        (
            "no local copies are kept",
            ["paths/backups", "services/backups/keep-local-copies-enabled"]
        ),
        ("receipts are in the catalog", ["paths/receipts"]),
        ("keys of identities have one length", ["personal/private-key-size"]),
        (
            "blocks have size classes that hide the lengths of files",
            ["services/backups/block-size", "services/backups/max-block-size"]
        ),
        (
            "a snapshot is there when its receipts are",
            [
                "services/backups/wait-suppliers-enabled",
                "services/keys-storage/reset-unreliable-backup-copies",
            ]
        ),
        ("the DHT has one layer", ["services/entangled-dht/attached-layers"]),
        (
            "the only UDP port is services/entangled-dht/udp-port",
            ["services/udp-datagrams/udp-port"]
        ),
        (
            "there is no such transport",
            [
                "services/udp-transport/enabled", "services/udp-transport/priority",
                "services/udp-transport/receiving-enabled",
                "services/udp-transport/sending-enabled", "services/http-transport/enabled",
                "services/http-transport/priority", "services/http-transport/receiving-enabled",
                "services/http-transport/sending-enabled", "services/http-connections/enabled",
                "services/http-connections/http-port",
            ]
        ),
        ("open the port at your NAT router", ["services/tcp-connections/upnp-enabled"]),
        (
            "HTTP goes out without a proxy",
            ["enabled", "host", "password", "port", "ssl", "username"].map {
                "services/network/proxy/\($0)"
            }
        ),
        (
            "the node keeps this itself",
            [
                "services/proxy-server/current-routes", "services/proxy-transport/current-router",
                "services/proxy-transport/my-original-identity",
            ]
        ),
        (
            "groups have no brokers",
            [
                "services/private-groups/broker-connect-timeout",
                "services/private-groups/preferred-brokers",
            ]
        ),
        ("messages have one kind", ["services/personal-messages/enabled"]),
        (
            "tokens have a ledger of their own",
            [
                "services/bismuth-node/host", "services/bismuth-node/tcp-port",
                "services/bismuth-pool/host", "services/bismuth-pool/tcp-port",
                "services/blockchain-explorer/host", "services/blockchain-explorer/web-port",
                "services/bismuth-miner/pool-host", "services/bismuth-miner/pool-tcp-port",
                "services/blockchain-authority/registration-bonus-coins",
                "services/blockchain-authority/requests-reading-offset",
                "services/blockchain-authority/requests-reading-limit",
            ]
        ),
        (
            "there is no such service",
            [
                "services/broadcasting/routing-enabled",
                "services/broadcasting/max-broadcast-connections", "services/broadcasting/enabled",
                "services/accountant/enabled", "services/miner/enabled",
                "services/contract-chain/enabled",
            ]
        ),
    ]
}
