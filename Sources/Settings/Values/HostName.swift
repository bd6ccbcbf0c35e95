package import Model

/// A name of the DNS or an address, as settings name other machines.
package struct HostName: Hashable, Sendable, CustomStringConvertible {
    /// Lower case; an address as RFC 5952 writes it, without brackets.
    package let text: String

    /// The address, when it is no name.
    package var address: IPAddress? { IPAddress(text) }

    /// `nil` unless `text` is an address, or a name of at most 253 bytes with labels of 1 to 63
    /// letters, digits, dashes and underscores that neither starts nor ends a label with a dash.
    package init?(_ text: some StringProtocol) {
        if let address = IPAddress(text) {
            self.text = address.description
            return
        }
        guard (1...253).contains(text.utf8.count) else { return nil }
        let labels = Array(text.utf8).split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.allSatisfy(HostName.isLabel),
            // What ends in a number is an address to a resolver, and this one is none.
            !labels[labels.count - 1].allSatisfy({ (48...57).contains($0) })
        else { return nil }
        self.text = text.lowercased()
    }

    package var description: String { text }

    /// `host-a.com`, `1.2.3.4`, `[::1]`: as it stands before a port.
    package var bracketed: String { text.contains(":") ? "[\(text)]" : text }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        let dash = UInt8(ascii: "-")
        return (1...63).contains(label.count) && label.first != dash && label.last != dash
            && label.allSatisfy {
                (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0)
                    || $0 == dash || $0 == UInt8(ascii: "_")
            }
    }
}

extension HostName {
    /// Splits `host`, `host:1`, `[::1]:1:2` into the host and the ports behind it.
    ///
    /// - Returns: `nil` when a part is not well formed, or for more than `portCountMax` ports.
    static func split(
        _ text: some StringProtocol, portCountMax: Int
    ) -> (host: HostName, ports: [UInt16])? {
        var rest = Substring(text)
        let name: Substring
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            name = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
            guard name.contains(":"), rest.isEmpty || rest.first == ":" else { return nil }
        } else {
            name = rest.prefix { $0 != ":" }
            rest = rest[name.endIndex...]
        }
        guard let host = HostName(name) else { return nil }
        let texts = rest.split(separator: ":", omittingEmptySubsequences: false).dropFirst()
        let ports = texts.compactMap(port)
        guard ports.count == texts.count, ports.count <= portCountMax else { return nil }
        return (host, ports)
    }

    private static func port(_ text: Substring) -> UInt16? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        return UInt16(text).flatMap { $0 > 0 ? $0 : nil }
    }
}
