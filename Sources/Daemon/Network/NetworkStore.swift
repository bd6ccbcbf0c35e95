internal import Glibc
package import Model
internal import Synchronization

/// The networks that this home knows, and the one in use.
///
/// Settings win over what the network says, so that a network is a set of defaults.
package final class NetworkStore: Sendable {
    private let home: NodeHome
    private let selected: Mutex<NetworkDescription?>

    package static let defaultName = "default"

    /// - Throws: `BD-FILE` or `BD-NETWORK-FILE` when the network in use cannot be read.
    package init(home: NodeHome) throws(Failure) {
        self.home = home
        selected = Mutex(try NetworkStore.read(NetworkStore.name(home), home))
    }

    /// What the network in use says; `nil` where none was joined.
    package var current: NetworkDescription? { selected.withLock { $0 } }
    package var currentName: String { NetworkStore.name(home) }

    /// The names of all that were joined, sorted.
    package var names: [String] {
        guard let directory = opendir(home.networks) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if NetworkDescription.isName(name), access(file(name), F_OK) == 0 {
                names.append(name)
            }
        }
        return names.sorted()
    }

    /// Keeps a network, in place of what was known under its name.
    package func keep(_ network: NetworkDescription) throws(Failure) {
        mkdir(home.networks, 0o700)
        mkdir(home.network(network.name), 0o700)
        try HomeFile.write(network.encoded, to: file(network.name))
        if network.name == currentName { selected.withLock { $0 = network } }
    }

    /// Uses a network from now on.
    ///
    /// - Throws: `BD-NETWORK-UNKNOWN`.
    package func select(_ name: String) throws(Failure) {
        guard NetworkDescription.isName(name), let network = try NetworkStore.read(name, home)
        else {
            throw Failure(
                "BD-NETWORK-UNKNOWN", .usage, "there is no network \(displayText(name.utf8)) here",
                cause: names.isEmpty ? nil : "there are " + names.joined(separator: ", "),
                remedy: "join it first with `bitdust join`")
        }
        try HomeFile.write(Array((name + "\n").utf8), to: home.currentNetwork)
        selected.withLock { $0 = network }
    }

    private func file(_ name: String) -> String { "\(home.network(name))/network.json" }

    private static func name(_ home: NodeHome) -> String {
        let bytes = try? HomeFile.readIfThere(home.currentNetwork, limit: 64)
        let line = String(decoding: (bytes ?? nil) ?? [], as: UTF8.self).split(separator: "\n")
        let name = line.first.map(String.init) ?? defaultName
        return NetworkDescription.isName(name) ? name : defaultName
    }

    private static func read(
        _ name: String, _ home: NodeHome
    ) throws(Failure) -> NetworkDescription? {
        let path = "\(home.network(name))/network.json"
        guard
            let bytes = try HomeFile.readIfThere(path, limit: Limits.networkDescriptionLengthMax)
        else { return nil }
        return try NetworkDescription(decoding: bytes)
    }
}
