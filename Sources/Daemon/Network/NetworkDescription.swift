package import APIModel
package import Identities
package import IdentityServers
package import Model

/// What `network.json` says: the nodes and servers by which a network is entered.
///
/// The schema is that of the older product; keys that mean nothing here are passed over.
/// docs/formats/network-description.md; golden file: `fixtures/network/v1.json`.
package struct NetworkDescription: Equatable, Sendable {
    /// A node of the DHT: host and UDP port.
    package struct Seed: Hashable, Sendable, CustomStringConvertible {
        package let host: Host
        package let port: UInt16

        package init(host: Host, port: UInt16) {
            self.host = host
            self.port = port
        }

        package var description: String { "\(host):\(port)" }
    }

    package var name: String
    package var label: String
    package var maintainer: String
    package var contactEmail: String
    package var seeds: [Seed]
    package var identityServers: [KnownServer]

    package static let seedCountMax = 256

    package init(
        name: String, label: String = "", maintainer: String = "", contactEmail: String = "",
        seeds: [Seed], identityServers: [KnownServer]
    ) {
        self.name = name
        self.label = label
        self.maintainer = maintainer
        self.contactEmail = contactEmail
        self.seeds = seeds
        self.identityServers = identityServers
    }

    /// 1 to 32 of a-z, 0-9, `_` and `-`, the first a letter: it is also the name of a directory.
    package static func isName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.first.map { (97...122).contains($0) } == true
            && text.utf8.allSatisfy {
                (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95
            }
    }

    /// Reads a `network.json`.
    ///
    /// - Throws: `BD-NETWORK-FILE` with what is wrong in it.
    package init(decoding bytes: [UInt8]) throws(Failure) {
        guard bytes.count <= Limits.networkDescriptionLengthMax else {
            throw NetworkDescription.bad("it is longer than any network.json")
        }
        let root: APIValue
        do throws(JSONError) {
            root = try APIValue(parsing: bytes)
        } catch {
            throw NetworkDescription.bad("it is no JSON: \(error)")
        }
        guard root.asObject != nil else { throw NetworkDescription.bad("it is no JSON object") }
        name = try NetworkDescription.text(root, "name") ?? ""
        guard NetworkDescription.isName(name) else {
            throw NetworkDescription.bad("\"name\" must be 1 to 32 of a-z, 0-9, _ and -")
        }
        label = try NetworkDescription.text(root, "label") ?? ""
        maintainer = try NetworkDescription.text(root, "maintainer") ?? ""
        contactEmail = try NetworkDescription.text(root, "contact_email") ?? ""
        seeds = try NetworkDescription.list(root, "service_entangled_dht", "known_nodes") {
            guard let host = $0["host"]?.asText.flatMap({ Host($0) }),
                let port = NetworkDescription.port($0, "udp_port", otherwise: 14441)
            else { return nil }
            return Seed(host: host, port: port)
        }
        identityServers = try NetworkDescription.list(
            root, "service_identity_propagate", "known_servers"
        ) {
            guard let host = $0["host"]?.asText.flatMap({ Host($0) }),
                let web = NetworkDescription.port($0, "http_port", otherwise: 80),
                let tcp = NetworkDescription.port($0, "tcp_port", otherwise: 6661)
            else { return nil }
            return KnownServer(host: host, webPort: web, tcpPort: tcp)
        }
    }

    package var value: APIValue {
        [
            "name": .text(name), "label": .text(label), "maintainer": .text(maintainer),
            "contact_email": .text(contactEmail),
            "service_entangled_dht": [
                "bucket_size": APIValue(Limits.contactsPerBucket),
                "known_nodes": .array(
                    seeds.map {
                        ["host": .text("\($0.host)"), "udp_port": APIValue($0.port)]
                    }),
            ],
            "service_identity_propagate": [
                "known_servers": .array(
                    identityServers.map {
                        [
                            "host": .text("\($0.host)"), "http_port": APIValue($0.webPort),
                            "tcp_port": APIValue($0.tcpPort),
                        ]
                    }),
                "whitelisted_servers": [],
            ],
        ]
    }

    package var encoded: [UInt8] { value.printed }

    private static func text(_ root: APIValue, _ key: String) throws(Failure) -> String? {
        guard let value = root[key], value != .null else { return nil }
        guard let text = value.asText, text.utf8.count <= 256,
            !text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 })
        else { throw bad("\"\(key)\" must be one line of text") }
        return text
    }

    private static func list<Item: Equatable>(
        _ root: APIValue, _ group: String, _ key: String, _ read: (APIValue) -> Item?
    ) throws(Failure) -> [Item] {
        guard let values = root[group]?[key], values != .null else { return [] }
        guard let array = values.asArray, array.count <= seedCountMax else {
            throw bad("\"\(key)\" must be a list of at most \(seedCountMax)")
        }
        var items: [Item] = []
        for value in array {
            guard let item = read(value) else {
                throw bad("\"\(key)\" has an entry that names no host and port")
            }
            if !items.contains(item) { items.append(item) }
        }
        return items
    }

    private static func port(_ value: APIValue, _ key: String, otherwise: UInt16) -> UInt16? {
        guard let port = value[key], port != .null else { return otherwise }
        return port.asInteger.flatMap { UInt16(exactly: $0) }.flatMap { $0 == 0 ? nil : $0 }
    }

    private static func bad(_ cause: String) -> Failure {
        Failure(
            "BD-NETWORK-FILE", .badData, "this network.json cannot be used", cause: cause,
            remedy: "ask who made it for a good one")
    }
}
