import DHT
import Foundation
import Identities
import Model
import Simulation
import Testing

let packageRoot = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

let second: UInt64 = 1_000_000_000
let minute = 60 * second

/// Compares with `fixtures/<name>`, or writes it when UPDATE_GOLDEN is set.
func golden(_ name: String, _ bytes: [UInt8]) throws -> [UInt8] {
    let url = packageRoot.appending(path: "fixtures/\(name)")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }
    return Array(try Data(contentsOf: url))
}

func endpoint(_ text: String) throws -> Endpoint { try #require(Endpoint(text)) }

func nodeID(_ number: UInt64) -> NodeID {
    let random = SeededRandom(seed: number)
    return NodeID(random.bytes(20))!
}

func identityKey(_ seed: UInt64) throws -> IdentityKey {
    try IdentityKey(seed: SecretBytes(from: SeededRandom(seed: seed)))
}

func deviceKey(_ seed: UInt64) throws -> DeviceKey {
    try DeviceKey(seed: SecretBytes(from: SeededRandom(seed: seed)))
}

/// A value of bencode, for tests that write by hand.
indirect enum Value {
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
    case list([Value])
    /// Keys are written in the order that bencode wants.
    case dictionary([String: Value])

    var encoded: [UInt8] {
        var writer = BencodeWriter()
        write(to: &writer)
        return writer.bytes
    }

    private func write(to writer: inout BencodeWriter) {
        switch self {
        case .integer(let value): writer.integer(value)
        case .text(let text): writer.string(text)
        case .bytes(let bytes): writer.string(bytes)
        case .list(let values):
            writer.beginList()
            for value in values { value.write(to: &writer) }
            writer.end()
        case .dictionary(let fields):
            writer.beginDictionary()
            for (key, value) in fields.sorted(by: {
                Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8))
            }) {
                writer.string(key)
                value.write(to: &writer)
            }
            writer.end()
        }
    }
}

/// One core, and strangers who speak to it by hand.
struct CoreUnderTest {
    var core: DHTCore
    var now: UInt64 = second
    /// What the last call sent.
    var sent: [(bytes: [UInt8], endpoint: Endpoint)] = []
    var answers: [UInt64: DHTAnswer] = [:]
    var superseded: [Item] = []
    var saveCount = 0
    private var effects: [DHTEffect] = []

    init(
        configuration: DHTConfiguration = DHTConfiguration(), saved: SavedContacts? = nil,
        verifier: any ItemVerifier = Ed25519Verifier(), seed: UInt64 = 1
    ) {
        core = DHTCore(
            configuration: configuration, seed: Bytes32(words: (seed, 2, 3, 4)),
            verifier: verifier, saved: saved, now: second)
    }

    mutating func receive(_ bytes: [UInt8], from endpoint: Endpoint) {
        core.receive(bytes, from: endpoint, now: now, &effects)
        note()
    }

    mutating func request(_ request: DHTRequest, ticket: UInt64) {
        core.request(request, ticket: ticket, now: now, &effects)
        note()
    }

    mutating func know(_ endpoints: [Endpoint]) {
        core.know(endpoints, now: now, &effects)
        note()
    }

    mutating func advance(by nanoseconds: UInt64) {
        now += nanoseconds
        core.advance(to: now, &effects)
        note()
    }

    private mutating func note() {
        sent = []
        for effect in effects {
            switch effect {
            case .send(let bytes, let endpoint): sent.append((bytes, endpoint))
            case .answer(let ticket, let answer): answers[ticket] = answer
            case .superseded(let item): superseded.append(item)
            case .save: saveCount += 1
            case .resolveKnownNodes: break
            }
        }
        effects = []
    }

    // MARK: By hand

    /// Sends a query and gives the reply to it, if there is one.
    mutating func query(
        _ method: String, _ arguments: [String: Value], from endpoint: Endpoint,
        id: NodeID = nodeID(99), padding: Int = 400
    ) throws -> KRPCMessage? {
        var all = arguments
        all["id"] = .bytes(id.bytes)
        let bytes = Value.dictionary([
            "a": .dictionary(all), "q": .text(method), "t": .text("tt"), "y": .text("q"),
            "z": .bytes([UInt8](repeating: 0, count: padding)),
        ]).encoded
        receive(bytes, from: endpoint)
        let reply = try sent.map { try KRPCMessage($0.bytes) }.first {
            if case .query = $0.kind { false } else { true }
        }
        return reply
    }

    /// The code of the failure that a query gets.
    mutating func refusal(
        of method: String, _ arguments: [String: Value], from endpoint: Endpoint
    ) throws -> Int? {
        guard
            case .failure(let code) = try query(
                method, arguments, from: endpoint, padding: method == "put" ? 0 : 400)?.kind
        else {
            return nil
        }
        return code
    }

    /// A token for `endpoint`, asked for.
    mutating func token(for endpoint: Endpoint, target: NodeID = nodeID(5)) throws -> [UInt8] {
        let reply = try query("get", ["target": .bytes(target.bytes)], from: endpoint)
        let message = try #require(reply)
        return Array(message.bytes[try #require(message.token)])
    }

    /// Puts an item by hand; `nil` when it was taken, else the code.
    mutating func put(_ item: Item, expected: Int64? = nil, from endpoint: Endpoint) throws -> Int?
    {
        let token = try token(for: endpoint, target: item.target)
        return try refusal(
            of: "put", try Self.arguments(of: item, expected: expected, token: token),
            from: endpoint)
    }

    static func arguments(
        of item: Item, expected: Int64? = nil, token: [UInt8]
    ) throws -> [String: Value] {
        var arguments: [String: Value] = ["token": .bytes(token)]
        var reader = BencodeReader(item.value)
        arguments["v"] =
            item.value.first == UInt8(ascii: "i")
            ? .integer(try reader.integer()) : .bytes(Array(item.value[try reader.string()]))
        if let ownership = item.ownership {
            arguments["k"] = .bytes(ownership.key.array)
            if !ownership.salt.isEmpty { arguments["salt"] = .bytes(ownership.salt) }
            arguments["seq"] = .integer(ownership.sequence)
            arguments["sig"] = .bytes(ownership.signature.array)
        }
        if let expected { arguments["cas"] = .integer(expected) }
        return arguments
    }

    /// Answers the queries that were sent last as the nodes they went to.
    mutating func answerAll(
        _ fields: [String: Value] = [:], as id: (Endpoint) -> NodeID
    ) throws {
        let queries = sent
        for (bytes, endpoint) in queries {
            let message = try KRPCMessage(bytes)
            guard case .query = message.kind else { continue }
            var results = fields
            results["id"] = .bytes(id(endpoint).bytes)
            receive(
                Value.dictionary([
                    "r": .dictionary(results),
                    "t": .bytes(Array(message.bytes[message.transaction])), "y": .text("r"),
                ]).encoded, from: endpoint)
        }
    }
}
