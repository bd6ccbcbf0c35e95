/// An IPv4 or IPv6 address.
///
/// IPv4 addresses mapped into IPv6 (`::ffff:1.2.3.4`) are read as IPv4, so that one host has one
/// address here.
package enum IPAddress: Hashable, Sendable {
    case v4(UInt32)
    case v6(UInt64, UInt64)

    /// Four bytes are IPv4, sixteen IPv6, in network order; `nil` for any other count.
    package init?(bytes: some Collection<UInt8>) {
        func word(_ part: some Collection<UInt8>) -> UInt64 {
            part.reduce(0) { $0 << 8 | UInt64($1) }
        }
        switch bytes.count {
        case 4: self = .v4(UInt32(word(bytes)))
        case 16:
            let (high, low) = (word(bytes.prefix(8)), word(bytes.dropFirst(8)))
            self =
                high == 0 && low >> 32 == 0xffff
                ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high, low)
        default: return nil
        }
    }

    /// Network order: four bytes or sixteen.
    package var bytes: [UInt8] {
        func split(_ word: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * (count - 1 - $0))) }
        }
        switch self {
        case .v4(let word): return split(UInt64(word), 4)
        case .v6(let high, let low): return split(high, 8) + split(low, 8)
        }
    }

    package var isLoopback: Bool {
        switch self {
        case .v4(let word): word >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    /// Whether nobody beyond this machine or its local network can be meant: loopback, private,
    /// link-local, unspecified, multicast and reserved ranges.
    ///
    /// - SeeAlso: RFC 6890.
    package var isLocal: Bool {
        switch self {
        case .v4(let word):
            let (first, second) = (word >> 24, word >> 16 & 0xff)
            return isLoopback || first == 0 || first == 10 || first >= 224
                || (first == 172 && (16..<32).contains(second))
                || (first == 192 && second == 168) || (first == 169 && second == 254)
                || (first == 100 && (64..<128).contains(second))
        case .v6(let high, let low):
            return high == 0 && low <= 1 || high >> 57 == 0x7e || high >> 54 == 0x3fa
                || high >> 56 == 0xff
        }
    }

    /// Whether both are of the same local network, as far as addresses tell: this machine, or
    /// addresses that begin alike (/16 of IPv4, /48 of IPv6).
    package func isNeighbour(of other: IPAddress) -> Bool {
        guard isLocal, other.isLocal else { return false }
        if isLoopback || other.isLoopback { return isLoopback && other.isLoopback }
        switch (self, other) {
        case (.v4(let left), .v4(let right)): return left >> 16 == right >> 16
        case (.v6, .v6): return range == other.range
        default: return false
        }
    }

    /// The range one operator usually holds: /24 of IPv4, /48 of IPv6. Diversity counts these.
    package var range: IPAddress {
        switch self {
        case .v4(let word): .v4(word & 0xffff_ff00)
        case .v6(let high, _): .v6(high & 0xffff_ffff_ffff_0000, 0)
        }
    }
}

/// An address and a port.
package struct Endpoint: Hashable, Sendable {
    package let address: IPAddress
    package let port: UInt16

    package init(_ address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
}

extension IPAddress: CustomStringConvertible {
    /// Reads `1.2.3.4` and the forms of RFC 4291; `nil` for names and anything else.
    package init?(_ text: some StringProtocol) {
        guard text.contains(":") else {
            guard let bytes = IPAddress.dotted(text) else { return nil }
            self.init(bytes: bytes)
            return
        }
        let halves = IPAddress.halves(of: String(text))
        guard !halves.isEmpty, halves.count <= 2 else { return nil }
        guard let head = IPAddress.groups(halves[0], mayEndDotted: halves.count == 1) else {
            return nil
        }
        guard halves.count == 2 else {
            guard head.count == 16 else { return nil }
            self.init(bytes: head)
            return
        }
        guard let tail = IPAddress.groups(halves[1], mayEndDotted: true),
            head.count + tail.count <= 14
        else { return nil }
        let gap = [UInt8](repeating: 0, count: 16 - head.count - tail.count)
        self.init(bytes: head + gap + tail)
    }

    /// RFC 5952: lower case, the longest run of zero groups is `::`.
    package var description: String {
        switch self {
        case .v4: return bytes.map(String.init).joined(separator: ".")
        case .v6(let high, let low):
            let groups = [high, low].flatMap { word in
                [48, 32, 16, 0].map { word >> UInt64($0) & 0xffff }
            }
            let texts = groups.map { String($0, radix: 16) }
            guard let run = IPAddress.longestZeroRun(groups) else {
                return texts.joined(separator: ":")
            }
            return texts[..<run.lowerBound].joined(separator: ":") + "::"
                + texts[run.upperBound...].joined(separator: ":")
        }
    }

    /// The parts before and after `::`; one part when there is none.
    private static func halves(of text: String) -> [Substring] {
        var halves: [Substring] = []
        var start = text.startIndex
        var index = start
        while index < text.endIndex {
            let next = text.index(after: index)
            if text[index] == ":", next < text.endIndex, text[next] == ":" {
                halves.append(text[start..<index])
                start = text.index(after: next)
                index = start
            } else {
                index = next
            }
        }
        return halves + [text[start...]]
    }

    private static func groups(_ text: Substring, mayEndDotted: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if part.contains("."), mayEndDotted, index == parts.count - 1 {
                guard let four = dotted(part) else { return nil }
                bytes += four
                continue
            }
            guard (1...4).contains(part.utf8.count),
                part.allSatisfy({ $0.isASCII && $0.isHexDigit }),
                let group = UInt16(part, radix: 16)
            else { return nil }
            bytes += [UInt8(group >> 8), UInt8(group & 0xff)]
        }
        return bytes.count <= 16 ? bytes : nil
    }

    private static func dotted(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.utf8.count),
                part.utf8.allSatisfy({ (48...57).contains($0) }),
                part.utf8.count == 1 || part.utf8.first != 48, let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func longestZeroRun(_ groups: [UInt64]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start >= 2, index - start > (best?.count ?? 0) { best = start..<index }
            start = index + 1
        }
        return best
    }
}

extension Endpoint: CustomStringConvertible {
    /// Reads `1.2.3.4:14441` and `[::1]:14441`; `nil` for names, port 0 and anything else.
    package init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let port = UInt16(digits), port > 0
        else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard let address = IPAddress(host), isBracketed == host.contains(":") else { return nil }
        self.init(address, port: port)
    }

    package var description: String {
        switch address {
        case .v4: "\(address):\(port)"
        case .v6: "[\(address)]:\(port)"
        }
    }
}
