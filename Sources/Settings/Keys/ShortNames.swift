/// Short names that `set` and `get` take: `bitdust set donated 250Mb`.
enum ShortNames {
    static let paths: [String: String] = [
        "donated": "services/supplier/donated-space",
        "shared": "services/supplier/donated-space",
        "given": "services/supplier/donated-space",
        "needed": "services/customer/needed-space",
        "suppliers": "services/customer/suppliers-number",
        "debug": "logs/debug-level",
        "block-size": "services/backups/block-size",
        "block-size-max": "services/backups/max-block-size",
        "max-backups": "services/backups/max-copies",
        "max-copies": "services/backups/max-copies",
        "copies": "services/backups/max-copies",
        "local-backups": "services/backups/keep-local-copies-enabled",
        "tcp": "services/tcp-transport/enabled",
        "tcp-port": "services/tcp-connections/tcp-port",
        "udp": "services/udp-transport/enabled",
        "udp-port": "services/udp-datagrams/udp-port",
        "proxy": "services/proxy-transport/enabled",
        "http": "services/http-transport/enabled",
        "http-port": "services/http-connections/http-port",
        "dht-port": "services/entangled-dht/udp-port",
        "limit-send": "services/network/send-limit",
        "limit-receive": "services/network/receive-limit",
        "weblog": "logs/stream-enabled",
        "weblog-port": "logs/stream-port",
    ]
}
