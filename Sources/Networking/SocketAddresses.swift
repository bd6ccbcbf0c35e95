internal import Glibc
internal import Model
internal import NIOCore

/// Our endpoints as the kernel's and the library's socket addresses.
///
/// ```
/// offset  length  field
///      0       2  family, in the machine's order
///      2       2  port, big-endian as all that follows
///      4       4  IPv4: address (8 zero bytes follow); IPv6: flow label
///      8      16  IPv6: address
///     24       4  IPv6: scope
/// ```
///
/// Read and written as bytes: which module the kernel's own types belong to changes with what else
/// is imported.
enum SocketAddresses {
    private static let v4Length = 16
    private static let v6Length = 28

    /// `nil` for unix sockets.
    static func endpoint(_ address: SocketAddress?) -> Endpoint? {
        address?.withSockAddr { pointer, length in
            endpoint(UnsafeRawBufferPointer(start: pointer, count: length))
        }
    }

    /// `nil` for other families and for addresses that are cut off.
    static func endpoint(_ bytes: UnsafeRawBufferPointer) -> Endpoint? {
        guard bytes.count >= v4Length else { return nil }
        let family = Int32(bytes.loadUnaligned(as: UInt16.self))
        let port = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        if family == AF_INET {
            return IPAddress(bytes: bytes[4..<8]).map { Endpoint($0, port: port) }
        }
        guard family == AF_INET6, bytes.count >= v6Length else { return nil }
        return IPAddress(bytes: bytes[8..<24]).map { Endpoint($0, port: port) }
    }

    static func library(_ endpoint: Endpoint) throws -> SocketAddress {
        try SocketAddress(
            packedIPAddress: ByteBuffer(bytes: endpoint.address.bytes), port: Int(endpoint.port))
    }

    /// Lends the kernel's form of `endpoint`.
    ///
    /// - Parameter mapped: whether IPv4 is written as `::ffff:1.2.3.4`, as IPv6 sockets need it.
    static func withKernelAddress<Result>(
        _ endpoint: Endpoint, mapped: Bool,
        _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
    ) rethrows -> Result {
        try withUnsafeTemporaryAllocation(byteCount: v6Length, alignment: 8) { bytes in
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            let length = write(endpoint, mapped: mapped, to: bytes)
            return try bytes.withMemoryRebound(to: sockaddr.self) {
                try body(UnsafePointer($0.baseAddress!), socklen_t(length))
            }
        }
    }

    private static func write(
        _ endpoint: Endpoint, mapped: Bool, to bytes: UnsafeMutableRawBufferPointer
    ) -> Int {
        bytes.storeBytes(of: endpoint.port.bigEndian, toByteOffset: 2, as: UInt16.self)
        let words: (high: UInt64, low: UInt64)
        switch endpoint.address {
        case .v4(let word) where !mapped:
            bytes.storeBytes(of: UInt16(AF_INET), as: UInt16.self)
            bytes.storeBytes(of: word.bigEndian, toByteOffset: 4, as: UInt32.self)
            return v4Length
        case .v4(let word): words = (0, 0xffff << 32 | UInt64(word))
        case .v6(let high, let low): words = (high, low)
        }
        bytes.storeBytes(of: UInt16(AF_INET6), as: UInt16.self)
        bytes.storeBytes(of: words.high.bigEndian, toByteOffset: 8, as: UInt64.self)
        bytes.storeBytes(of: words.low.bigEndian, toByteOffset: 16, as: UInt64.self)
        return v6Length
    }
}
