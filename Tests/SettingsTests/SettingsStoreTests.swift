import Model
import Services
import Settings
import Testing

@Suite struct SettingsStoreTests {
    private func store(
        _ text: String? = nil, environment: [String: String] = [:]
    ) throws -> (store: SettingsStore, disk: MemoryDisk) {
        let disk = text.map { MemoryDisk(text: $0) } ?? MemoryDisk()
        return (try SettingsStore(disk: disk, environment: environment), disk)
    }

    @Test func `without a file all is as by default, and nothing is written`() throws {
        let (store, disk) = try store()
        #expect(store.values[DHTSettings.udpPort] == 14441)
        #expect(store.problems.isEmpty)
        #expect(disk.steps == [.read])
        try store.set("services/entangled-dht/udp-port", to: "14441")
        #expect(disk.file == nil)
        #expect(store.values.origin(of: DHTSettings.udpPort.key) == .byDefault)
    }

    @Test func `what is set is in the file, and the next store reads it`() throws {
        let (store, disk) = try store()
        let change = try store.set("services/supplier/donated-space", to: "50 GB")
        #expect(change.old.value == .diskSpace(.gigabytes(8)))
        #expect(change.new.value == .diskSpace(DiskSpace(byteCount: 53_687_091_200)))
        #expect(disk.text.hasSuffix("\n\nservices/supplier/donated-space = 50 GB\n"))
        let second = try SettingsStore(disk: disk)
        #expect(second.values[SupplierSettings.donatedSpace] == .gigabytes(50))
        #expect(second.values.origin(of: "services/supplier/donated-space") == .file(line: 4))
        #expect(second.values.item("services/supplier/donated-space")?.origin.description == "file")
    }

    @Test func `a setting with its default again is not in the file`() throws {
        let (store, disk) = try store("# mine\nlogs/debug-level = 3\n")
        try store.set([.init("debug", nil)])
        #expect(disk.text == "# mine\n")
        #expect(store.values.origin(of: LogSettings.debugLevel.key) == .byDefault)
    }

    @Test(arguments: [
        (["services/supplier/donated-space", "50", "GB"], "50 GB"),
        (["donated", "250Mb"], "250 MB"),
        (["given", "20GB"], "20 GB"), (["shared", "", "64", "mb"], "64 MB"),
    ])
    func `words behind a key are one value`(words: [String], value: String) throws {
        let (store, _) = try store()
        let assignment = try #require(SettingsStore.Assignment(words: words))
        #expect(try store.set([assignment])[0].new.value.description == value)
    }

    @Test func `no words are no assignment`() {
        #expect(SettingsStore.Assignment(words: []) == nil)
    }

    @Test func `an unknown key and a bad value change nothing and say what is right`() throws {
        let (store, disk) = try store()
        let unknown = #expect(throws: SettingsError.self) {
            try store.set("services/supplier/donated-spce", to: "50 GB")
        }
        let failure = Failure(try #require(unknown))
        #expect(failure.message == "option services/supplier/donated-spce does not exist")
        #expect(failure.remedy == "did you mean services/supplier/donated-space?")
        #expect(failure.code == "BD-SETTING-UNKNOWN")
        let bad = #expect(throws: SettingsError.self) { try store.set("debug", to: "much\u{1b}") }
        #expect(Failure(try #require(bad)).message == "logs/debug-level cannot be “much\\x1b”")
        #expect(Failure(try #require(bad)).cause == "it must be a whole number")
        #expect(throws: SettingsError.self) {
            try store.set([.init("debug", "2"), .init("donated", "1 B")])
        }
        #expect(store.values[LogSettings.debugLevel] == 0)
        #expect(disk.file == nil && !disk.isLocked)
    }

    @Test func `a node is never a router and a user of routers`() throws {
        let (store, disk) = try store()
        let error = #expect(throws: SettingsError.self) {
            try store.set("services/proxy-server/enabled", to: "true")
        }
        let failure = Failure(try #require(error))
        #expect(
            failure.message
                == "services/proxy-server/enabled and services/proxy-transport/enabled cannot both "
                + "be true")
        #expect(failure.remedy == "first: bitdust set services/proxy-transport/enabled false")
        #expect(disk.file == nil)
        try store.set("services/proxy-transport/enabled", to: "false")
        try store.set("services/proxy-server/enabled", to: "true")
        #expect(throws: SettingsError.self) {
            try store.set("services/proxy-transport/enabled", to: "true")
        }
        try store.set([
            .init("services/proxy-transport/enabled", "true"),
            .init("services/proxy-server/enabled", "false"),
        ])
        #expect(ServiceSettings.enabled(in: store.values)[.proxyServer] == false)
    }

    @Test func `the least number of servers is not above the greatest`() throws {
        let (store, _) = try store()
        let error = #expect(throws: SettingsError.self) {
            try store.set("services/identity-propagate/min-servers", to: "6")
        }
        #expect(
            Failure(try #require(error)).message
                == "services/identity-propagate/min-servers is 6, more than "
                + "services/identity-propagate/max-servers, which is 5")
        try store.set([
            .init("services/identity-propagate/min-servers", "6"),
            .init("services/identity-propagate/max-servers", "6"),
        ])
        #expect(throws: SettingsError.self) {
            try store.set("services/identity-propagate/max-servers", to: "5")
        }
        try store.set("services/identity-propagate/min-servers", to: "5")
        #expect(store.values[IdentitySettings.minServers] == 5)
    }

    @Test func `a rule that an editor broke is told, and does not lock other settings`() throws {
        let (store, _) = try store("services/proxy-server/enabled = true\n")
        #expect(store.problems.count == 1)
        #expect(store.problems[0].isSevere)
        #expect(store.problems[0].place?.line == 1 && store.problems[0].place?.column == 1)
        try store.set("debug", to: "1")
        #expect(throws: SettingsError.self) {
            try store.set("services/proxy-server/enabled", to: "1")
        }
        try store.set("services/proxy-transport/enabled", to: "false")
        #expect(store.problems.isEmpty)
    }

    @Test func `the environment wins over the file, and a person is told so`() throws {
        let name = "BITDUST_SETTING_SERVICES_SUPPLIER_DONATED_SPACE"
        let (store, disk) = try store(
            "services/supplier/donated-space = 9 GB\n", environment: [name: "20GB"])
        let key = SupplierSettings.donatedSpace.key
        #expect(store.values[SupplierSettings.donatedSpace] == .gigabytes(20))
        #expect(store.values.origin(of: key) == .environment(variable: name))
        #expect(store.values.item(key)?.isReadonly == true)
        let change = try store.set("donated", to: "50 GB")
        #expect(change.new.value.description == "20 GB")
        #expect(change.new.origin == .environment(variable: name))
        #expect(disk.text == "services/supplier/donated-space = 50 GB\n")
    }

    @Test func `a bad value in the file or the environment is told with its place`() throws {
        let (store, _) = try store(
            """
            # typed by hand
            logs/debug-level =   much
            services/supplyer/enabled = false
            services/udp-transport/enabled = false
            """, environment: ["BITDUST_SETTING_LOGS_JSON_ENABLED": "perhaps"])
        #expect(store.values[LogSettings.debugLevel] == 0)
        #expect(
            store.problems.map(\.description) == [
                "settings.conf, line 2, column 22: logs/debug-level must be a whole number",
                "settings.conf, line 3, column 1: option services/supplyer/enabled does not exist; "
                    + "did you mean services/supplier/enabled?",
                "settings.conf, line 4, column 1: option services/udp-transport/enabled does not "
                    + "exist; there is no such transport",
                "environment: logs/json-enabled must be true or false",
            ])
        #expect(store.problems.map(\.isSevere) == [true, false, false, true])
        try store.set("debug", to: "1")
        #expect(store.problems.count == 3)
    }

    @Test func `a file that cannot be read is never overwritten`() throws {
        let disk = MemoryDisk(text: "logs/debug-level = 1\n")
        let store = try SettingsStore(disk: disk)
        let broken = MemoryDisk(text: "a = 1\nlogs debug\n")
        let error = #expect(throws: SettingsError.self) { try SettingsStore(disk: broken) }
        #expect(
            Failure(try #require(error)).message
                == "settings.conf, line 2, column 6: an equals sign is missing behind the key")
        #expect(Failure(try #require(error)).status == .badConfiguration)
        #expect(broken.text == "a = 1\nlogs debug\n")
        #expect(store.values[LogSettings.debugLevel] == 1)
    }

    @Test func `what another process has set is kept and seen`() throws {
        let (store, disk) = try store()
        let other = try SettingsStore(disk: disk)
        try other.set("debug", to: "5")
        #expect(store.values[LogSettings.debugLevel] == 0)
        try store.set("donated", to: "9 GB")
        #expect(store.values[LogSettings.debugLevel] == 5)
        #expect(try other.reload() == [SupplierSettings.donatedSpace.key])
        #expect(try other.reload() == [])
        #expect(other.values[SupplierSettings.donatedSpace] == .gigabytes(9))
    }

    @Test func `a listener gets the newest values`() async throws {
        let (store, _) = try store()
        let updates = store.updates()
        try store.set("debug", to: "1")
        try store.set("debug", to: "1")
        try store.set("debug", to: "2")
        var iterator = updates.makeAsyncIterator()
        #expect(await iterator.next()?[LogSettings.debugLevel] == 2)
        try store.set("donated", to: "9 GB")
        let next = await iterator.next()
        #expect(
            next?.changes(since: SettingValues()).map(\.path) == [
                "logs/debug-level", "services/supplier/donated-space",
            ])
    }

    @Test func `a listener that is cancelled while values change stops nobody`() async throws {
        let (store, _) = try store()
        for round in 0..<300 {
            let listening = Task { for await _ in store.updates() {} }
            // It waits by now, or it begins to while the values change: both are met.
            if round.isMultiple(of: 2) { await Task.yield() }
            let setting = Task.detached { try store.set("debug", to: "\(round % 9)") }
            listening.cancel()
            await listening.value
            _ = try await setting.value
        }
        #expect(store.values[LogSettings.debugLevel] == 299 % 9)
    }

    @Test func `a lock that is not let go is an error, not a wait for ever`() throws {
        let (store, disk) = try store()
        #expect(try disk.lock())
        #expect(throws: SettingsError.busy) { try store.set("debug", to: "1") }
        disk.unlock()
        try store.set("debug", to: "1")
    }

    /// The commands of parts 2, 3, 5 and 6 of the requirements.
    @Test func `the commands of the requirements are taken as they are printed`() throws {
        let (store, disk) = try store()
        let commands = """
            services/customer/enabled false
            services/supplier/enabled false
            services/proxy-transport/enabled false
            services/proxy-server/enabled false
            services/private-messages/enabled false
            services/nodes-lookup/enabled false
            services/entangled-dht/udp-port 14441
            services/entangled-dht/known-nodes genesis
            services/identity-server/enabled true
            services/identity-server/web-port 8084
            services/identity-server/tcp-port 6661
            services/identity-server/host host-a.com
            services/identity-propagate/known-servers \
            host-a.com:80:6661,host-b.com:8080:6661,host-c.com:8080:6661,host-d.com:8080:6661
            services/proxy-transport/enabled false
            services/proxy-server/enabled true
            services/supplier/enabled true
            services/supplier/donated-space 50 GB
            """
        for command in commands.split(separator: "\n") {
            let words = command.split(separator: " ").map(String.init)
            _ = try store.set([#require(SettingsStore.Assignment(words: words))])
        }
        #expect(
            disk.text.split(separator: "\n").dropFirst(2) == [
                "services/customer/enabled = false",
                "services/entangled-dht/known-nodes = genesis",
                "services/identity-propagate/known-servers = host-a.com:80:6661,"
                    + "host-b.com:8080:6661,host-c.com:8080:6661,host-d.com:8080:6661",
                "services/identity-server/enabled = true",
                "services/identity-server/host = host-a.com",
                "services/nodes-lookup/enabled = false",
                "services/private-messages/enabled = false", "services/proxy-server/enabled = true",
                "services/proxy-transport/enabled = false",
                "services/supplier/donated-space = 50 GB",
            ])
        let values = store.values
        #expect(values[DHTSettings.knownNodes] == .genesis)
        #expect(values[IdentitySettings.knownServers].count == 4)
        #expect(values[IdentitySettings.serverHost]?.text == "host-a.com")
        try store.set("services/entangled-dht/known-nodes", to: "host-a.com:14441")
        guard case .nodes(let nodes) = store.values[DHTSettings.knownNodes] else {
            Issue.record("no nodes")
            return
        }
        #expect(nodes.map(\.description) == ["host-a.com:14441"])
    }

    @Test func `every error can be shown`() throws {
        let disk = SettingsDiskError(.write, code: SettingsDiskError.noSpace)
        let errors: [SettingsError] = [
            .unknownKey("a", nearest: nil, reason: "b"), .folder("a"), .disk(disk), .busy,
            .notDurable(disk),
        ]
        let codes = errors.map { Failure($0).code }
        #expect(Set(codes).count == codes.count)
        #expect(Failure(.disk(disk)).cause == "No space left on device")
        #expect(Failure(.disk(disk)).message == "the settings cannot be written")
    }
}
