/// Whose suppliers a backup goes to: what `--to` says, and what is remembered of it.
enum SupplierChoice: Hashable, Sendable {
    case network
    case friends
    /// Friends by name, suppliers and users by id, places: HOST or HOST:PORT.
    case list([String])

    init?(_ text: String) {
        switch text {
        case "network": self = .network
        case "friends": self = .friends
        default:
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
                .map(String.init)
            guard !parts.contains(where: \.isEmpty), Set(parts).count == parts.count else {
                return nil
            }
            self = .list(parts)
        }
    }

    var text: String {
        switch self {
        case .network: "network"
        case .friends: "friends"
        case .list(let parts): parts.joined(separator: ",")
        }
    }
}
