internal import Glibc
package import Model

/// Where one node keeps its files. The identity, the catalog and the embedded suppliers of the same
/// directory belong to the customer's `Home`.
///
/// ```
/// daemon.lock             held while the node runs
/// processid               its process id, while it is ready
/// settings.json           the configuration
/// apisecret               what others than the user must know to call the interface
/// current_network         the name of the network that was selected
/// networks/NAME/          network.json, the DHT's state
/// identityserver/         documents that this identity server hosts
/// identity/document.xml   the signed identity document
/// supplier/               what customers have stored, when no other disks are donated
/// friends.json            friends, what each keeps for the other, where they are
/// invitations.json        invitations that this node has given out
/// rebuilder/              what others have handed over to be rebuilt, by owner
/// object-storage-key      the key to the buckets that are donated
/// buckets/                of each bucket the supplier's key and the index
/// supplier-disks          the directories of the supplier, one a line
/// identities/             documents of others that this node has met
/// logs/                   bitdust.log, bitdust.json, event.log, stdout.log
/// temp/
/// ```
package struct NodeHome: Hashable, Sendable {
    /// Absolute, without a slash at the end.
    package let path: String

    /// - Throws: `BD-HOME` when the path is not UTF-8.
    package init(path: [UInt8]) throws(Failure) {
        guard let text = String(validating: path, as: UTF8.self), !text.utf8.contains(0) else {
            throw Failure(
                "BD-HOME", .badConfiguration, "\(displayText(path)) cannot be a node's home",
                cause: "its name is not UTF-8", remedy: "name another directory with --home")
        }
        self.path = text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    package var lock: String { "\(path)/daemon.lock" }
    package var processID: String { "\(path)/processid" }
    package var settings: String { "\(path)/settings.json" }
    package var apiSecret: String { "\(path)/apisecret" }
    package var currentNetwork: String { "\(path)/current_network" }
    package var networks: String { "\(path)/networks" }
    package var identityServer: String { "\(path)/identityserver" }
    package var identityDocument: String { "\(path)/identity/document.xml" }
    package var knownIdentities: String { "\(path)/identities" }
    package var supplier: String { "\(path)/supplier" }
    package var rebuilder: String { "\(path)/rebuilder" }
    package var accessKey: String { "\(path)/object-storage-key" }
    package var buckets: String { "\(path)/buckets" }
    package var supplierDisks: String { "\(path)/supplier-disks" }
    package var friends: String { "\(path)/friends.json" }
    package var invitations: String { "\(path)/invitations.json" }
    package var logs: String { "\(path)/logs" }
    package var temp: String { "\(path)/temp" }
    /// Where the REST interface of the running node listens, `127.0.0.1:8180`.
    package var restEndpoint: String { "\(path)/rest-endpoint" }

    package func network(_ name: String) -> String { "\(networks)/\(name)" }
    package func log(_ name: String) -> String { "\(logs)/\(name)" }

    /// Makes the directories, for this user alone.
    ///
    /// - Throws: `BD-HOME`.
    package func create() throws(Failure) {
        var made = ""
        for component in path.split(separator: "/") {
            made += "/" + component
            mkdir(made, 0o700)
        }
        for directory in [logs, temp, networks, knownIdentities, "\(path)/identity"] {
            mkdir(directory, 0o700)
        }
        guard access(logs, W_OK | X_OK) == 0 else {
            throw Failure(
                "BD-HOME", .cannotCreate, "\(path) cannot be made or written to",
                cause: String(cString: strerror(errno)),
                remedy: "name another directory with --home, or mend its permissions")
        }
    }
}
