/// The words of the DHT's wire format.
///
/// - SeeAlso: BEP 5 (queries, tokens), BEP 32 (`nodes6`), BEP 42 (`ip`), BEP 43 (`ro`), BEP 44
///   (`get`, `put`); docs/formats/krpc.md.
package enum KRPC {
    package enum Method: UInt8, CaseIterable, Sendable {
        case ping, findNode, getPeers, announcePeer, get, put

        package var name: StaticString {
            switch self {
            case .ping: "ping"
            case .findNode: "find_node"
            case .getPeers: "get_peers"
            case .announcePeer: "announce_peer"
            case .get: "get"
            case .put: "put"
            }
        }
    }

    /// Error codes of BEP 5 and BEP 44.
    package enum Refusal: Int, Sendable {
        case generic = 201
        case server = 202
        case `protocol` = 203
        case unknownMethod = 204
        case valueTooLong = 205
        case badSignature = 206
        case saltTooLong = 207
        /// The item is not the one that was to be replaced.
        case sequenceMismatch = 301
        case sequenceTooLow = 302

        package var text: StaticString {
            switch self {
            case .generic: "refused"
            case .server: "no room"
            case .protocol: "protocol error"
            case .unknownMethod: "method unknown"
            case .valueTooLong: "value too long"
            case .badSignature: "invalid signature"
            case .saltTooLong: "salt too long"
            case .sequenceMismatch: "sequence mismatch"
            case .sequenceTooLow: "sequence too low"
            }
        }
    }

    /// Who speaks: the `v` of each datagram.
    static let version: StaticString = "BD01"
    /// What the transaction ids of our own queries take.
    static let transactionLength = 6
}
