import Identities
import Logging
import Model
import Networking
import Suppliers

@testable import Daemon

/// A hub of an identity whose document is on a disk and nowhere else.
final class HubStation: Sendable {
    let scratch: HomeScratch
    let identity: LocalIdentity
    let hub: SessionHub
    let threads = NetworkThreads()

    /// - Parameter name: `nil` for a home without identity.
    init(named name: String?) throws {
        scratch = try HomeScratch()
        let setting = scratch.setting()
        let machine = MachineIdentity(home: scratch.home, setting: setting)
        if let name {
            try machine.makeKeys(named: IdentityName(name)!)
            let document = try IdentityDocument.first(
                IdentityContent(
                    sources: [Source("http://localhost:9/\(name).xml")!],
                    contacts: [Contact("tcp://127.0.0.1:9")!],
                    date: CalendarDate("2026-11-21")!, version: "test"),
                keys: machine.firstKeys(), signedBy: machine.documentKey())
            try machine.save(document)
        }
        let resolver = SystemNameResolver(time: setting.time)
        let client = HTTPClient(threads: threads, resolver: resolver) { _ in false }
        identity = try LocalIdentity(
            machine: machine, exchange: NodeExchange(client: client), setting: setting)
        hub = SessionHub(
            setting: setting, threads: threads, identity: identity, resolver: resolver,
            known: KnownIdentities(
                directory: scratch.home.knownIdentities, time: ServiceTime(setting.time)
            ) { _, _ in nil },
            log: Logger(label: "test"))
    }

    func open() async throws -> Endpoint? {
        try await hub.open(at: Endpoint(IPAddress("127.0.0.1")!, port: 0))
        return await hub.localEndpoint
    }

    func end() async {
        await hub.close()
        await threads.stop()
    }
}
