internal import APIModel
internal import Glibc
internal import Identities
internal import IdentityServers
internal import Model
internal import Networking
internal import Services
internal import Settings

/// Looks for what keeps a node from working, and says what to do about it. Changes nothing.
package struct Doctor: Sendable {
    private let home: NodeHome
    private let setting: NodeSetting
    private let configuration: NodeConfiguration
    private let networks: NetworkStore
    private static let freeSpaceMin: UInt64 = 1 << 30
    /// Certificates and documents stand some minutes of difference.
    private static let clockDifferenceMax: Int64 = 300

    /// - Throws: ``Failure`` when files of the home cannot be read: the first finding of all.
    package init(home: NodeHome, setting: NodeSetting) throws {
        try home.create()
        self.home = home
        self.setting = setting
        configuration = try NodeConfiguration(home: home, environment: setting.environment)
        networks = try NetworkStore(home: home)
    }

    package func examine() async -> [Finding] {
        let threads = NetworkThreads()
        let resolver = SystemNameResolver(time: setting.time)
        let http = HTTPClient(threads: threads, resolver: resolver) { _ in true }
        var findings = [disk, node] + settings + ports + identity
        findings += await services
        let servers = await identityServers(http)
        findings += servers.findings
        findings += clock(servers.clocks)
        findings += await seeds(threads, resolver)
        await threads.stop()
        return findings
    }

    // MARK: This machine

    private var disk: Finding {
        var status = statvfs()
        guard statvfs(home.path, &status) == 0 else {
            return Finding(.bad, "disk", "\(home.path): \(String(cString: strerror(errno)))")
        }
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        let text = "\(DiskSpace(byteCount: free / 1_048_576 * 1_048_576)) free for \(home.path)"
        guard free >= Doctor.freeSpaceMin else {
            return Finding(.bad, "disk", text, remedy: "make room, or move the home elsewhere")
        }
        return Finding(.good, "disk", text)
    }

    private var node: Finding {
        guard NodeLock.isHeld(home) else {
            return Finding(
                .warning, "node", "does not run", remedy: "start it with `bitdust daemon`")
        }
        let process = NodeLock.holder(home).map { "process \($0)" } ?? "starting"
        return Finding(.good, "node", "runs, \(process)")
    }

    /// What the running node says of services that do not come up.
    private var services: [Finding] {
        get async {
            guard NodeLock.isHeld(home), let route = RouteTable.route(method: "services_list")
            else { return [] }
            do {
                let answer = try await NodeConnection(home: home).call(route, [:])
                return (answer.result?.asArray ?? []).compactMap { service in
                    guard let name = service["name"]?.asText, let reason = service["error"]?.asText
                    else { return nil }
                    return Finding(
                        .bad, name, reason,
                        remedy: "then `bitdust services restart \(name)` tries again at once")
                }
            } catch {
                return [
                    Finding(
                        .bad, "node", NodeProcess.text(error),
                        remedy: "look at \(home.logs), or `bitdust restart`")
                ]
            }
        }
    }

    private var settings: [Finding] {
        let problems = configuration.store.problems.map {
            Finding(.bad, "settings", "\($0)", remedy: "mend it with `bitdust set`")
        }
        return problems.isEmpty ? [Finding(.good, "settings", "no problems")] : problems
    }

    /// Ports are ours while the node runs; else nobody may have them.
    private var ports: [Finding] {
        guard !NodeLock.isHeld(home) else { return [] }
        let values = configuration.values
        var wanted: [(String, UInt16, PortHolder.Transport)] = [
            ("DHT", values[DHTSettings.udpPort], .udp),
            ("REST interface", values[InterfaceSettings.restPort], .tcp),
            ("WebSocket interface", values[InterfaceSettings.webSocketPort], .tcp),
        ]
        if values[ServiceSettings.enabled(.identityServer)] {
            wanted += [
                ("identity server", values[IdentitySettings.serverWebPort], .tcp),
                ("identity server", values[IdentitySettings.serverTCPPort], .tcp),
            ]
        }
        return wanted.map { name, port, transport in
            let kind = transport == .udp ? "udp" : "tcp"
            guard let holder = PortHolder.find(port: port, transport) else {
                return Finding(.good, "port \(kind)/\(port)", "free for the \(name)")
            }
            return Finding(
                .bad, "port \(kind)/\(port)", "wanted by the \(name), used by \(holder)",
                remedy: "stop that program, or choose another port with `bitdust set`")
        }
    }

    private var identity: [Finding] {
        let machine = MachineIdentity(home: home, setting: setting)
        do {
            guard let document = try machine.document() else {
                return [
                    Finding(
                        .warning, "identity", "none is published",
                        remedy: "`bitdust identity create NAME`")
                ]
            }
            var findings = [
                Finding(
                    .good, "identity",
                    "\(document.globalID), revision \(document.revision), on "
                        + countText(document.content.sources.count, "server"))
            ]
            if machine.hasRoot {
                findings.append(
                    Finding(
                        .warning, "key file", "the root key lies on this machine",
                        remedy: "`bitdust identity backup FILE` takes it off"))
            }
            return findings
        } catch {
            return [Finding(.bad, "identity", NodeProcess.text(error))]
        }
    }

    // MARK: Others

    private func identityServers(
        _ http: HTTPClient
    ) async -> (findings: [Finding], clocks: [Int64]) {
        let named = KnownServers.of(configuration.values[IdentitySettings.knownServers])
        let servers = named.isEmpty ? networks.current?.identityServers ?? [] : named
        guard !servers.isEmpty else {
            return (
                [
                    Finding(
                        .warning, "identity servers", "none is known",
                        remedy: "`bitdust join` a network, or set "
                            + "services/identity-propagate/known-servers")
                ], []
            )
        }
        var findings: [Finding] = []
        var clocks: [Int64] = []
        for server in servers {
            let check = await IdentityServerCheck(http: http).check(server)
            findings.append(check.finding)
            if let clock = check.clock { clocks.append(clock) }
        }
        return (findings, clocks)
    }

    /// The middle of what the servers say: one wrong clock among them is not ours.
    private func clock(_ others: [Int64]) -> [Finding] {
        guard !others.isEmpty else { return [] }
        let own = setting.time.now.nanoseconds / 1_000_000_000
        let difference = own - others.sorted()[others.count / 2]
        guard abs(difference) > Doctor.clockDifferenceMax else {
            return [Finding(.good, "clock", "agrees with \(others.count) identity servers")]
        }
        let side = difference > 0 ? "ahead of" : "behind"
        return [
            Finding(
                .bad, "clock", "\(abs(difference)) s \(side) the identity servers",
                remedy: "set it, and let it follow a time server")
        ]
    }

    private func seeds(_ threads: NetworkThreads, _ resolver: any NameResolver) async -> [Finding] {
        let own = configuration.values.serverHost
        let found = SeedList(values: configuration.values, network: networks.current)
        guard !found.seeds.isEmpty else {
            return [Finding(.good, "DHT", "this node is the first: it asks nobody")]
        }
        var findings: [Finding] = []
        let probe = SeedProbe(threads: threads, random: setting.random, sleeper: setting.sleeper)
        for seed in found.seeds where seed.host != own {
            let endpoints = await found.endpoints(of: seed, resolver)
            let subject = "seed \(seed)"
            guard !endpoints.isEmpty else {
                findings.append(
                    Finding(.bad, subject, "its name is not found", remedy: "check the name"))
                continue
            }
            let answering = (try? await probe.answering(endpoints)) ?? []
            findings.append(
                answering.isEmpty
                    ? Finding(
                        .bad, subject, "does not answer at \(endpoints[0])",
                        remedy: "check that its node runs and its UDP port is open")
                    : Finding(.good, subject, "answers"))
        }
        return findings
    }
}
