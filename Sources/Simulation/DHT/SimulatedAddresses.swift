internal import Model

/// Addresses of simulated nodes: each in a /24 of its own, scattered over 16.0.0.0 to 95.255.255.0,
/// so that ids bound to them are scattered too. The last byte is the generation: a node that takes
/// the place of one that left has another address.
enum SimulatedAddresses {
    private static let rangeCount: UInt64 = 80 << 16
    private static let first: UInt64 = 16 << 16
    /// Odd and no multiple of five, so that multiplying is one to one modulo `rangeCount`.
    private static let factor: UInt64 = 1_640_531_527
    private static let inverse: UInt64 = {
        // Of the group's order no more than the sizes of its parts are needed: 2^18 and 4.
        var power: UInt64 = 1
        var base = factor % rangeCount
        var exponent = (1 << 18) * 4 - 1 as UInt64
        while exponent > 0 {
            if exponent & 1 == 1 { power = power * base % rangeCount }
            base = base * base % rangeCount
            exponent >>= 1
        }
        return power
    }()

    static let port: UInt16 = 14441

    static func endpoint(of node: Int, generation: Int) -> Endpoint {
        let range = first + UInt64(node) * factor % rangeCount
        let host = UInt64(generation % 254) + 1
        return Endpoint(.v4(UInt32(range << 8 | host)), port: port)
    }

    /// `nil` for addresses that no node has.
    static func node(at endpoint: Endpoint) -> (index: Int, generation: Int)? {
        guard case .v4(let word) = endpoint.address, endpoint.port == port else { return nil }
        let range = UInt64(word >> 8)
        guard range >= first, range < first + rangeCount, word & 0xff > 0 else { return nil }
        let index = (range - first) * inverse % rangeCount
        return (Int(index), Int(word & 0xff) - 1)
    }
}
