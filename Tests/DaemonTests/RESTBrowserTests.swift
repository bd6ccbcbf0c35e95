import APIModel
import Daemon
import Foundation
import Glibc
import Model
import Synchronization
import Testing

/// A13 with a real browser: a page of another origin on this machine tries all that a page can.
@Suite(.serialized) struct ThreatA13BrowserTests {
    static let browser = [
        "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
    ]
    .first { FileManager.default.isExecutableFile(atPath: $0) }
    static let curl = ["/usr/bin/curl", "/bin/curl"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    private static func page(rest: UInt16, sockets: UInt16) -> String {
        """
        <!doctype html><title>A page</title>
        <iframe name="frame" style="display:none"></iframe>
        <img src="http://localhost:\(rest)/process/stop/v1">
        <img src="http://127.0.0.1:\(rest)/p/st">
        <link rel="prefetch" href="http://localhost:\(rest)/process/restart/v1">
        <script src="http://localhost:\(rest)/config/get/v1?key=a"></script>
        <form id="form" method="post" target="frame" enctype="text/plain"
              action="http://localhost:\(rest)/event/send/form/v1">
        <input name='{"a":"' value='"}'></form>
        <script>
        const out = [];
        const urls = ["http://localhost:\(rest)", "http://127.0.0.1:\(rest)",
                      "http://[::1]:\(rest)"];
        const json = {"Content-Type": "application/json"};
        const tries = [
          ["/config/list/v1", {}], ["/config/list/v1", {mode: "no-cors"}],
          ["/process/stop/v1", {mode: "no-cors", referrerPolicy: "no-referrer"}],
          ["/event/send/page/v1", {method: "POST", body: "{}"}],
          ["/event/send/page/v1", {method: "POST", body: "{}", mode: "no-cors"}],
          ["/event/send/page/v1", {method: "POST", body: "{}", headers: json}],
          ["/config/set/v1", {method: "PUT", body: "{}", headers: {api_secret: "x"}}],
        ];
        async function attempt(url, options) {
          try {
            const answer = await fetch(url, options);
            out.push((answer.type == "opaque" ? "opaque " : "READ ") + await answer.text());
          } catch (error) { out.push("failed"); }
        }
        function socket(url) {
          return new Promise(done => {
            const socket = new WebSocket(url);
            socket.onopen = () => { out.push("OPEN"); done(); };
            socket.onerror = () => { out.push("failed"); done(); };
          });
        }
        async function all() {
          document.getElementById("form").submit();
          for (const url of urls)
            for (const [path, options] of tries) await attempt(url + path, options);
          await socket("ws://localhost:\(sockets)/");
          await socket("ws://127.0.0.1:\(sockets)/?a=guess");
          await fetch("/report", {method: "POST", body: out.join(";")});
        }
        all();
        </script>
        """
    }

    @Test(.enabled(if: browser != nil, "no Chromium is installed (apt install chromium)"))
    func `a page of another origin can neither read nor change anything`() async throws {
        let changers = [
            "process/stop", "process/restart", "config/list", "config/get", "config/set",
        ]
        try await RESTStation.with(prepare: { table in
            for id in changers { table.on(id) { _ in .result(["canary"]) } }
        }) { station in
            let served = try PageServer(
                Self.page(rest: station.rest.port, sockets: station.sockets.port))
            let report = try await Self.report(of: served)
            let tries = report.split(separator: ";", omittingEmptySubsequences: false)
            #expect(tries.count == 23, "\(report)")
            #expect(tries.allSatisfy { $0 == "failed" || $0 == "opaque " }, "\(report)")
            #expect(station.reached.isEmpty)
            // The same routes, asked by curl's like, are there.
            let answer = try await station.send("GET", "/config/list/v1")
            #expect(answer.envelope?.result == ["canary"])
            #expect(!station.reached.isEmpty)
        }
    }

    @Test(.enabled(if: curl != nil, "no curl is installed"))
    func `the requirements' curl commands are answered as they are written`() async throws {
        let curl = try #require(Self.curl)
        try await RESTStation.with(prepare: { table in
            table.on("network/status") { request in
                .result(["dht": request.flag("dht") ? ["contacts": 0] : nil])
            }
            table.on("identity/create") { .ok(["name": APIValue($0.text("username"))]) }
            table.on("identity/backup") {
                .ok(["local_path": APIValue($0.text("destination_filepath"))])
            }
        }) { station in
            let host = "localhost:\(station.rest.port)"
            let status = try await Self.run(curl, ["-s", "\(host)/network/status/v1?dht=1"])
            #expect(status.contains("\"contacts\": 0"))
            let created = try await Self.run(
                curl,
                ["-s", "-X", "POST", "-d", #"{"username": "alice"}"#, "\(host)/identity/create/v1"])
            #expect(created.contains("\"name\": \"alice\""))
            let path = "/home/alice/bitdust_identity_backup_key.txt"
            let backup = try await Self.run(
                curl,
                [
                    "-s", "-X", "POST", "-d", "{\"destination_path\": \"\(path)\"}",
                    "\(host)/identity/backup/v1",
                ])
            #expect(backup.contains("\"local_path\": \"\(path)\""))
        }
    }

    /// What the page tells its own server when it has tried everything.
    private static func report(of served: PageServer) async throws -> String {
        let profile = FileManager.default.temporaryDirectory
            .appending(path: "bitdust-browser-\(UUID().uuidString)").path(percentEncoded: false)
        let program = try #require(browser)
        return try await RESTConnection.run {
            let process = Process()
            process.executableURL = URL(filePath: program)
            process.arguments = [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--user-data-dir=\(profile)", "--remote-debugging-port=0",
                "http://localhost:\(served.port)/",
            ]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            defer {
                process.terminate()
                process.waitUntilExit()
                try? FileManager.default.removeItem(atPath: profile)
            }
            return try served.report()
        }
    }

    private static func run(_ program: String, _ arguments: [String]) async throws -> String {
        try await RESTConnection.run {
            let process = Process()
            process.executableURL = URL(filePath: program)
            process.arguments = arguments
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = FileHandle.nullDevice
            try process.run()
            let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

/// Serves one page to whoever asks, on a port of its own: another origin. Keeps what is posted.
private final class PageServer: Sendable {
    struct Silent: Error {}

    let port: UInt16
    private let file: Int32
    private let posted: Posted

    private final class Posted: Sendable {
        let text = Mutex<String?>(nil)
        let isThere = DispatchSemaphore(value: 0)
    }

    init(_ page: String) throws {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(file, address, length) == 0 && listen(file, 8) == 0
                    && getsockname(file, address, &length) == 0
            }
        }
        guard isListening else { throw RESTConnection.Failed(errno: errno) }
        let posted = Posted()
        self.file = file
        self.posted = posted
        port = UInt16(bigEndian: address.sin_port)
        let body = Array(page.utf8)
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
        let answer = Array((head + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
        Thread {
            while true {
                let connection = accept(file, nil, nil)
                guard connection >= 0 else { return }
                PageServer.serve(connection, answer, posted)
            }
        }.start()
    }

    deinit {
        shutdown(file, Int32(SHUT_RDWR))
        close(file)
    }

    /// Waits for what the page posts.
    func report() throws -> String {
        guard posted.isThere.wait(timeout: .now() + 60) == .success,
            let text = posted.text.withLock({ $0 })
        else { throw Silent() }
        return text
    }

    private static func serve(_ connection: Int32, _ answer: [UInt8], _ posted: Posted) {
        defer { close(connection) }
        // A browser opens connections ahead of need and says nothing on them.
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(
            connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var request = ""
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while !isWhole(request) {
            let count = recv(connection, &bytes, bytes.count, 0)
            guard count > 0 else { return }
            request += String(decoding: bytes.prefix(count), as: UTF8.self)
        }
        if request.hasPrefix("POST "), let end = request.firstRange(of: "\r\n\r\n") {
            posted.text.withLock { $0 = String(request[end.upperBound...]) }
            posted.isThere.signal()
        }
        _ = Glibc.send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
    }

    private static func isWhole(_ request: String) -> Bool {
        guard let end = request.firstRange(of: "\r\n\r\n") else { return false }
        let line = request[..<end.lowerBound].lowercased().split(separator: "\r\n")
            .first { $0.hasPrefix("content-length: ") }
        let length = line.flatMap { Int($0.dropFirst(16)) } ?? 0
        return request[end.upperBound...].utf8.count >= length
    }
}
