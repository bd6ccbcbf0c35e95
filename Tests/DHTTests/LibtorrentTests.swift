import DHT
import Foundation
import Identities
import Model
import Networking
import Simulation
import Testing

/// Nodes of another implementation in a process of their own: `scripts/libtorrent-peer`.
private final class Libtorrent: @unchecked Sendable {
    // @unchecked: one test uses it, one line at a time.
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private(set) var ports: [UInt16] = []

    static var isInstalled: Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", "import libtorrent"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    init(count: Int) throws {
        process.executableURL = packageRoot.appending(path: "scripts/libtorrent-peer")
        process.arguments = ["\(count)"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let words = try line()
        try #require(words.first == "ready")
        ports = words.dropFirst().compactMap { UInt16($0) }
    }

    func ask(_ line: String) throws -> [String] {
        try input.fileHandleForWriting.write(contentsOf: Array("\(line)\n".utf8))
        return try self.line()
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    private func line() throws -> [String] {
        var bytes: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 10 {
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: " ").map(String.init)
    }
}

/// Another implementation is a real peer: both ways, on loopback.
@Suite(
    .enabled(
        if: Libtorrent.isInstalled,
        "python3-libtorrent is not installed: run scripts/setup-libtorrent"))
struct LibtorrentTests {
    private func node(
        _ number: UInt64, threads: NetworkThreads
    ) async throws -> (DHTNode, UDPPort) {
        let node = DHTNode(
            configuration: DHTConfiguration(), saved: nil, verifier: Ed25519Verifier(),
            time: SystemTime(), sleeper: SystemSleeper(), random: SeededRandom(seed: number))
        let loopback = Endpoint(.v4(0x7f00_0001), port: 0)
        let port = try await UDPPort.open(at: loopback, threads: threads) { [weak node] in
            node?.arrived($0)
        }
        return (node, port)
    }

    private func until(_ condition: () async throws -> Bool) async throws {
        while !(try await condition()) { await Task.yield() }
    }

    @Test(.timeLimit(.minutes(3)))
    func `libtorrent and this node store and find for one another`() async throws {
        let threads = NetworkThreads(count: 1)
        let foreign = try Libtorrent(count: 4)
        defer { foreign.stop() }
        let endpoints = foreign.ports.map { Endpoint(.v4(0x7f00_0001), port: $0) }
        var nodes: [DHTNode] = []
        for number in 1...3 as ClosedRange<UInt64> {
            let (node, port) = try await node(number, threads: threads)
            await node.start(port: port, known: endpoints)
            #expect(try foreign.ask("know \(port.localEndpoint.port)") == ["ok"])
            nodes.append(node)
        }
        for node in nodes { try await until { await node.status.contactCount == 6 } }
        try await until { Int(try foreign.ask("contacts").last ?? "") ?? 0 >= 5 }

        try await findsNodes(nodes[0], endpoints)
        try await ourItems(nodes, foreign)
        try await theirItems(nodes, foreign)
        for node in nodes { await node.stop() }
        await threads.stop()
    }

    private func findsNodes(_ node: DHTNode, _ foreign: [Endpoint]) async throws {
        guard case .contacts(let found) = await node.perform(.findNode(nodeID(77))) else {
            Issue.record("no answer")
            return
        }
        #expect(Set(found.map(\.endpoint)).isSuperset(of: foreign))
    }

    private func ourItems(_ nodes: [DHTNode], _ foreign: Libtorrent) async throws {
        let text = [UInt8](repeating: 120, count: 900)
        let immutable = Item(value: Value.bytes(text).encoded)
        let key = try identityKey(5)
        let salt = Array("salt".utf8)
        let mutable = try Item(
            value: Value.text("ours").encoded, salt: salt, sequence: 3, signedBy: key)
        for item in [immutable, mutable] {
            guard case .stored(let stored) = await nodes[0].perform(.put(item, expected: nil))
            else {
                Issue.record("no answer")
                return
            }
            #expect(stored.copyCount >= 6 && stored.refusals.isEmpty)
        }
        #expect(try foreign.ask("get \(immutable.target)") == ["got", Hex.encode(text)])
        let found = try foreign.ask("getm \(Hex.encode(key.itemKey.array)) \(Hex.encode(salt))")
        #expect(found == ["got", "3", Hex.encode(Array("ours".utf8))])
    }

    private func theirItems(_ nodes: [DHTNode], _ foreign: Libtorrent) async throws {
        let text = [UInt8](repeating: 121, count: 900)
        let put = try foreign.ask("put \(Hex.encode(text))")
        let target = try #require(NodeID(hex: put[1]))
        #expect(Int(put[2]) ?? 0 >= 5)
        let immutable = try await get(ItemAddress(immutable: target), nodes[1])
        #expect(immutable?.value == Value.bytes(text).encoded)

        let seed = Hex.encode([UInt8](repeating: 9, count: 32))
        for round in 1...2 {
            let value = Hex.encode(Array("theirs \(round)".utf8))
            let mutable = try foreign.ask("putm \(seed) aabb \(value)")
            let keyBytes = try #require(Hex.decode(mutable[1]))
            let key = try #require(Bytes32(keyBytes))
            #expect(Int(mutable[2]) ?? 0 >= 5)
            let item = try await get(ItemAddress(key: key, salt: [0xaa, 0xbb]), nodes[2])
            #expect(item?.value == Value.text("theirs \(round)").encoded)
            #expect(item?.sequence == Int64(round))
        }
    }

    private func get(_ address: ItemAddress, _ node: DHTNode) async throws -> Item? {
        guard case .item(let found) = await node.perform(.get(address, minimum: 0)) else {
            return nil
        }
        return found.item
    }
}
