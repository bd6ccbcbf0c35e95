internal import Glibc
internal import Model
internal import Services
internal import Synchronization

/// Whether this machine has an address beyond itself.
final class NetworkService: ServiceBody {
    private let registry: StateRegistry
    private let machine = Mutex<StateMachine?>(nil)

    init(registry: StateRegistry) {
        self.registry = registry
    }

    func start() async throws {
        let machine = registry.register("network_connector", state: "START_UP")
        machine.enter(NetworkService.hasAddress ? "CONNECTED" : "DISCONNECTED")
        self.machine.withLock { $0 = machine }
    }

    func stop() async { machine.withLock { $0 = nil } }

    private static var hasAddress: Bool {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return false }
        defer { freeifaddrs(list) }
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr,
                entry.ifa_flags & UInt32(IFF_UP) != 0,
                entry.ifa_flags & UInt32(IFF_LOOPBACK) == 0
            else { continue }
            let family = Int32(address.pointee.sa_family)
            if family == AF_INET || family == AF_INET6 { return true }
        }
        return false
    }
}
