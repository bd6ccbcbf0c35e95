package import Model

/// One socket as `/proc/net/tcp`, `tcp6`, `udp` and `udp6` list it.
package struct SocketEntry: Equatable, Sendable {
    package let local: Endpoint
    package let remote: Endpoint
    package let state: UInt8
    package let uid: UInt32
    /// 0 when no process holds the socket any more; then `uid` says nothing.
    package let inode: UInt64

    static let established: UInt8 = 1
    static let listening: UInt8 = 10
    /// A UDP socket that is bound and not connected.
    static let unconnected: UInt8 = 7
}

/// Reads the text of those tables.
///
/// ```
///   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
///    0: 0100007F:1FF4 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77018
/// ```
///
/// Addresses are 32-bit words in hexadecimal, each in the machine's order; ports are big-endian.
package enum SocketTable {
    /// The entries of a table; lines that cannot be read are left out.
    package static func entries(of text: String) -> [SocketEntry] {
        text.split(separator: "\n").dropFirst().compactMap(entry)
    }

    private static func entry(_ line: Substring) -> SocketEntry? {
        let fields = line.split(separator: " ", omittingEmptySubsequences: true)
        guard fields.count >= 10, let local = endpoint(fields[1]), let remote = endpoint(fields[2]),
            let state = UInt8(fields[3], radix: 16), let uid = UInt32(fields[7]),
            let inode = UInt64(fields[9])
        else { return nil }
        return SocketEntry(local: local, remote: remote, state: state, uid: uid, inode: inode)
    }

    private static func endpoint(_ text: Substring) -> Endpoint? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, parts[1].utf8.count == 4, let port = UInt16(parts[1], radix: 16),
            parts[0].utf8.count == 8 || parts[0].utf8.count == 32
        else { return nil }
        var bytes: [UInt8] = []
        var rest = parts[0][...]
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            withUnsafeBytes(of: word) { bytes += $0 }
            rest = rest.dropFirst(8)
        }
        return IPAddress(bytes: bytes).map { Endpoint($0, port: port) }
    }
}
