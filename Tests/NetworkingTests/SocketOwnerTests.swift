import Foundation
import Glibc
import Model
import NIOCore
import NIOPosix
import Testing

@testable import Networking

@Suite struct SocketOwnerTests {
    @Test func `captured tables are read entry by entry`() throws {
        let tables = try CapturedTables()
        let tcp = SocketTable.entries(of: tables.sockets("tcp")!)
        #expect(tcp.count == 8)
        #expect(
            tcp[0]
                == SocketEntry(
                    local: Endpoint("127.0.0.1:8180")!, remote: Endpoint(.v4(0), port: 0),
                    state: SocketEntry.listening, uid: 0, inode: 868_979))
        let tcp6 = SocketTable.entries(of: tables.sockets("tcp6")!)
        #expect(tcp6.count == 6)
        #expect(tcp6[1].local == Endpoint("[::1]:8180")!)
        #expect(tcp6[3].local == Endpoint("127.0.0.1:40003")!)
        #expect(tcp6[5].uid == 1000)
        #expect(SocketTable.entries(of: tables.sockets("udp")!).map(\.local.port) == [14441])
    }

    @Test func `the caller's user is found, in either table`() throws {
        let tables = try CapturedTables()
        func uid(_ peer: String, _ local: String) -> UInt32? {
            SocketOwner.uid(
                connectedFrom: Endpoint(peer)!, to: Endpoint(local)!, in: tables)
        }
        #expect(uid("127.0.0.1:40001", "127.0.0.1:8180") == 33)
        #expect(uid("[::1]:40002", "[::1]:8180") == 1000)
        #expect(uid("127.0.0.1:40003", "127.0.0.1:8180") == 1000)
        #expect(uid("127.0.0.1:40004", "127.0.0.1:8084") == 1000)
        // Another port of ours, and nobody.
        #expect(uid("127.0.0.1:40001", "127.0.0.1:8084") == nil)
        #expect(uid("127.0.0.1:9", "127.0.0.1:8180") == nil)
    }

    @Test func `a caller that is gone is nobody, although its socket says user 0`() throws {
        let tables = try CapturedTables()
        for peer in ["127.0.0.1:40005", "127.0.0.1:40006"] {
            let uid = SocketOwner.uid(
                connectedFrom: Endpoint(peer)!, to: Endpoint("127.0.0.1:8180")!, in: tables)
            #expect(uid == nil)
        }
    }

    @Test func `every truncated table and every changed byte is read without harm`() throws {
        let text = Array(try #require(CapturedTables().sockets("tcp6")).utf8)
        for count in 0..<text.count {
            let cut = String(decoding: text[..<count], as: UTF8.self)
            #expect(SocketTable.entries(of: cut).count <= 6)
        }
        for index in text.indices {
            var changed = text
            changed[index] ^= 0x55
            #expect(SocketTable.entries(of: String(decoding: changed, as: UTF8.self)).count <= 7)
        }
    }

    @Test func `who listens on a port is named`() throws {
        let tables = try CapturedTables(
            processes: [9: ("other", []), 123: ("nginx", ["/dev/null", "socket:[868981]"])])
        let holder = PortHolder.find(port: 8084, .tcp, in: tables)
        #expect(holder?.description == "nginx (pid 123)")
        #expect(PortHolder.find(port: 8180, .tcp, in: tables)?.description == "a process of user 0")
        #expect(PortHolder.find(port: 14_441, .udp, in: tables) != nil)
        #expect(PortHolder.find(port: 14_442, .udp, in: tables) != nil)
        #expect(PortHolder.find(port: 14_441, .tcp, in: tables) == nil)
        #expect(PortHolder.find(port: 40_001, .tcp, in: tables) == nil)
    }

    @Test func `a real caller on loopback is this user and this process`() async throws {
        let server = try await HTTPServer.open(at: loopback, threads: testThreads) { request in
            let owner = SocketOwner.find(connectedFrom: request.peer, to: request.local)
            return HTTPServer.Response(
                200, text: "\(owner?.uid ?? 4_294_967_295) \(owner?.process?.id ?? -1)")
        }
        let client = HTTPClient(
            threads: testThreads, resolver: FixedResolver([:]), mayConnect: { _ in true })
        let response = try await client.send(
            .init(.get, WebURL("http://\(server.localEndpoint)/")!))
        #expect(String(decoding: response.body, as: UTF8.self) == "\(getuid()) \(getpid())")
        let holder = PortHolder.find(port: server.localEndpoint.port, .tcp)
        #expect(holder?.uid == getuid())
        #expect(holder?.process?.id == getpid())
        await server.stop()
    }
}

/// The tables of fixtures/socket-table, as a network namespace showed them: users 33 and 1000
/// called ports 8180 and 8084, one caller closed and waits, one is gone.
struct CapturedTables: KernelTables {
    private let texts: [String: String]
    private let processes: [Int32: (name: String, files: [String])]

    init(processes: [Int32: (name: String, files: [String])] = [:]) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        var texts: [String: String] = [:]
        for name in ["tcp", "tcp6", "udp", "udp6"] {
            let file = root.appending(path: "fixtures/socket-table/\(name).txt")
            texts[name] = try String(contentsOf: file, encoding: .utf8)
        }
        self.texts = texts
        self.processes = processes
    }

    func sockets(_ name: String) -> String? { texts[name] }
    func processIDs() -> [Int32] { Array(processes.keys) }
    func openFiles(of processID: Int32) -> [String] { processes[processID]?.files ?? [] }
    func name(of processID: Int32) -> String? { processes[processID]?.name }
}
