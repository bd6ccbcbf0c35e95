package import Model

/// Who is at the other end of a connection that began on this machine.
package struct SocketOwner: Equatable, Sendable {
    package let uid: UInt32
    /// `nil` where the processes of that user may not be looked into.
    package let process: ProcessName?

    /// The user whose socket is connected from `peer` to `local`, a connection that we have
    /// accepted.
    ///
    /// Only sockets that a process still holds count: the kernel gives the sockets of dead
    /// processes to user 0.
    ///
    /// - Returns: `nil` when the peer is on another machine or has gone; such a caller is a
    ///   stranger.
    package static func uid(
        connectedFrom peer: Endpoint, to local: Endpoint,
        in tables: some KernelTables = ProcTables()
    ) -> UInt32? {
        entry(connectedFrom: peer, to: local, in: tables)?.uid
    }

    /// The user and, at the cost of looking through all processes, which of them.
    package static func find(
        connectedFrom peer: Endpoint, to local: Endpoint,
        in tables: some KernelTables = ProcTables()
    ) -> SocketOwner? {
        entry(connectedFrom: peer, to: local, in: tables).map {
            SocketOwner(uid: $0.uid, process: ProcessName.holding(inode: $0.inode, in: tables))
        }
    }

    private static func entry(
        connectedFrom peer: Endpoint, to local: Endpoint, in tables: some KernelTables
    ) -> SocketEntry? {
        // An IPv4 connection is in `tcp6` when the caller's socket is an IPv6 one.
        for name in ["tcp", "tcp6"] {
            guard let text = tables.sockets(name) else { continue }
            let found = SocketTable.entries(of: text).first {
                $0.local == peer && $0.remote == local && $0.inode != 0
            }
            if let found { return found }
        }
        return nil
    }
}

/// A running process: its number and its short name.
package struct ProcessName: Equatable, Sendable, CustomStringConvertible {
    package let id: Int32
    package let name: String

    /// `nginx (pid 123)`.
    package var description: String { "\(displayText(name.utf8)) (pid \(id))" }

    /// The first process that has a socket open; `nil` when it may not be seen.
    static func holding(inode: UInt64, in tables: some KernelTables) -> ProcessName? {
        guard inode != 0 else { return nil }
        let link = "socket:[\(inode)]"
        for id in tables.processIDs().sorted() where tables.openFiles(of: id).contains(link) {
            if let name = tables.name(of: id) { return ProcessName(id: id, name: name) }
        }
        return nil
    }
}
