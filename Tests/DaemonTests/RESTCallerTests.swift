import APIModel
import Daemon
import Foundation
import Glibc
import Model
import Networking
import Testing

/// A14 of the threat model: other users of the machine, as the kernel tells them.
@Suite struct ThreatA14CallerTests {
    private static let isRoot = geteuid() == 0
    private static let tools = ["/usr/bin/curl", "/usr/bin/setpriv"]
    private static let hasTools = tools.allSatisfy(FileManager.default.isExecutableFile)

    private func server() async throws -> RESTServer {
        let events = EventBus(time: SystemTime(), sleeper: SystemSleeper())
        return try await RESTServer(
            port: 0,
            parts: InterfaceParts(
                handler: interfaceHandlers(events: events), events: events,
                ownUID: UInt32(geteuid()), secret: RESTStation.secret, secretPath: "/secret",
                peerOwner: { SocketOwner.uid(connectedFrom: $0, to: $1) },
                portHolder: { PortHolder.find(port: $0, .tcp)?.description }, time: SystemTime(),
                sleeper: SystemSleeper()))
    }

    private func status(_ user: [String], _ arguments: [String]) async throws -> String {
        try await RESTConnection.run {
            let process = Process()
            let words =
                user + ["/usr/bin/curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"] + arguments
            process.executableURL = URL(filePath: words[0])
            process.arguments = Array(words.dropFirst())
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test func `this process is known by its socket on both addresses, and the port by its name`()
        async throws
    {
        let server = try await server()
        let port = server.port
        for v6 in [false, true] {
            let line = RESTStation.request("GET", "/process/health/v1", port: port)
            let answer = try await RESTConnection.run {
                let connection = try RESTConnection(port: port, v6: v6)
                try connection.write(line)
                return try connection.answer()
            }
            #expect(answer.status == 200 && answer.envelope?.isOK == true)
        }
        let holder = try #require(PortHolder.find(port: port, .tcp)).description
        #expect(holder.contains("(pid \(getpid()))"), "\(holder)")
        await server.stop()
    }

    @Test(.enabled(if: isRoot && hasTools, "needs root, curl and setpriv to be another user"))
    func `another user is refused, and let in with the secret`() async throws {
        let server = try await server()
        let nobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        for host in ["127.0.0.1", "[::1]", "localhost"] {
            let url = "http://\(host):\(server.port)/process/health/v1"
            #expect(try await status([], [url]) == "200")
            #expect(try await status(nobody, [url]) == "401")
            #expect(
                try await status(nobody, ["-H", "api_secret: guess-guess-guess", url]) == "401")
            let secret = "api_secret: \(RESTStation.secret.text)"
            #expect(try await status(nobody, ["-H", secret, url]) == "200")
        }
        await server.stop()
    }

    @Test func `who hangs up right after asking is nobody`() async throws {
        let server = try await server()
        let port = server.port
        let line = RESTStation.request("POST", "/event/send/x/v1", body: [123, 125], port: port)
        let peers = try await RESTConnection.run {
            try (0..<20).map { _ in
                let connection = try RESTConnection(port: port)
                try connection.write(line)
                return try connection.localPort()
            }
        }
        let local = Endpoint(.v4(0x7f00_0001), port: port)
        for peer in peers {
            let caller = Endpoint(.v4(0x7f00_0001), port: peer)
            #expect(SocketOwner.uid(connectedFrom: caller, to: local) == nil)
        }
        await server.stop()
    }
}
