internal import Identities
internal import IdentityServers
internal import Model
internal import Networking
internal import Settings

/// How many of a network's seeds and identity servers answer.
package struct NetworkHealth: Sendable {
    private let home: NodeHome
    private let setting: NodeSetting

    package struct Report: Sendable {
        package var name: String?
        package var seedCount: Int
        package var seedsAnswering: Int
        package var serverCount: Int
        package var serversAnswering: Int

        package var isIncomplete: Bool {
            seedsAnswering < seedCount || serversAnswering < serverCount
        }
    }

    package init(home: NodeHome, setting: NodeSetting) {
        self.home = home
        self.setting = setting
    }

    /// Asks all; first it learns who else has joined.
    ///
    /// - Throws: ``Failure`` when files of the home cannot be read.
    package func examine() async throws -> Report {
        let configuration = try NodeConfiguration(home: home, environment: setting.environment)
        let networks = try NetworkStore(home: home)
        let threads = NetworkThreads()
        let resolver = SystemNameResolver(time: setting.time)
        let http = HTTPClient(threads: threads, resolver: resolver) { _ in true }
        let values = configuration.values
        _ = try await NetworkRefresh(networks: networks, http: http, own: values.serverHost)
            .perform()
        let named = KnownServers.of(values[IdentitySettings.knownServers])
        let servers = named.isEmpty ? networks.current?.identityServers ?? [] : named
        var report = Report(
            name: networks.current?.name, seedCount: 0, seedsAnswering: 0,
            serverCount: servers.count, serversAnswering: 0)
        for server in servers {
            let outcome = await IdentityServerCheck(http: http).check(server)
            if outcome.finding.verdict != .bad { report.serversAnswering += 1 }
        }
        try await count(&report, values, networks, threads, resolver)
        await threads.stop()
        return report
    }

    /// This machine's own node is counted too: it runs, else nobody would ask.
    private func count(
        _ report: inout Report, _ values: SettingValues, _ networks: NetworkStore,
        _ threads: NetworkThreads, _ resolver: any NameResolver
    ) async throws {
        let list = SeedList(values: values, network: networks.current)
        let probe = SeedProbe(threads: threads, random: setting.random, sleeper: setting.sleeper)
        let isSeed = networks.current?.seeds.contains { $0.host == values.serverHost } ?? false
        report.seedCount = list.seeds.count + (isSeed ? 1 : 0)
        report.seedsAnswering = isSeed && NodeLock.isHeld(home) ? 1 : 0
        for seed in list.seeds {
            let endpoints = await list.endpoints(of: seed, resolver)
            guard !endpoints.isEmpty else { continue }
            if try await !probe.answering(endpoints).isEmpty { report.seedsAnswering += 1 }
        }
    }
}
