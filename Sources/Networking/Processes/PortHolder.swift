internal import Model

/// Who has a port of this machine, for the message that it is taken.
package struct PortHolder: Equatable, Sendable, CustomStringConvertible {
    package enum Transport: Sendable {
        case tcp
        case udp
    }

    package let uid: UInt32
    /// `nil` where the processes of that user may not be looked into.
    package let process: ProcessName?

    /// The process that listens on a port of any address.
    package static func find(
        port: UInt16, _ transport: Transport, in tables: some KernelTables = ProcTables()
    ) -> PortHolder? {
        let (names, state) =
            switch transport {
            case .tcp: (["tcp", "tcp6"], SocketEntry.listening)
            case .udp: (["udp", "udp6"], SocketEntry.unconnected)
            }
        for name in names {
            guard let text = tables.sockets(name) else { continue }
            let found = SocketTable.entries(of: text).first {
                $0.local.port == port && $0.state == state
            }
            if let found {
                let process = ProcessName.holding(inode: found.inode, in: tables)
                return PortHolder(uid: found.uid, process: process)
            }
        }
        return nil
    }

    /// `nginx (pid 123)`, or `a process of user 33`.
    package var description: String { process?.description ?? "a process of user \(uid)" }
}
