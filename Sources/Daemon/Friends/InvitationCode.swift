package import Model
package import Networking
internal import Sealing

/// An invitation as people hand it on: who has made it, where that node is, and a secret.
///
/// ```
/// offset  length  field                          docs/formats/invitation.md
///      0       1  version 1 in the upper half, number of places in the lower
///      1       -  places, at most 3: kind 1 (0 node, 1 router; +2 IPv6), address, port 2
///             13  fingerprint                    first bytes of the user id
///             10  token
/// ```
///
/// Written with the 32 characters of a key file, six symbols of a check behind them, in groups of
/// four with hyphens between them.
///
/// Golden file: `fixtures/invitation/code-v1.txt`.
package struct InvitationCode: Hashable, Sendable, CustomStringConvertible {
    package let places: PeerAddresses
    package let fingerprint: UserFingerprint
    package let token: [UInt8]

    private static let format = "invitation code"
    private static let version: UInt8 = 1
    private static let checkLength = 6

    /// Why a text is no code.
    package enum ParseError: Error, Equatable, Sendable {
        /// Not one of the 32 characters.
        case character(Character)
        /// A slip in typing it, or a part is missing.
        case check
        /// The check is right, and a newer program has made it.
        case newerVersion(Int)
        /// The check is right and the content is not.
        case content
    }

    /// - Precondition: there are 1 to `Limits.invitationPlaceCountMax` places, and the token has
    ///   `Limits.invitationTokenLength` bytes.
    package init(places: PeerAddresses, fingerprint: UserFingerprint, token: [UInt8]) {
        let count = places.direct.count + places.routers.count
        precondition((1...Limits.invitationPlaceCountMax).contains(count))
        precondition(token.count == Limits.invitationTokenLength)
        self.places = places
        self.fingerprint = fingerprint
        self.token = token
    }

    package var description: String {
        let bytes = encoded
        let padding = (5 - bytes.count % 5) % 5
        let symbolCount = (bytes.count * 8 + 4) / 5
        let symbols = Array(
            KeyFileSymbols.symbols(bytes + [UInt8](repeating: 0, count: padding))
                .prefix(symbolCount))
        let text = KeyFileSymbols.text(symbols + KeyFileSymbols.check(symbols))
        return InvitationCode.grouped(text)
    }

    /// The last group: no other code of the same node ends like it.
    package var ending: String { "\(description.suffix(4))" }

    private static func grouped(_ text: String) -> String {
        var groups: [Substring] = []
        var rest = text[...]
        while !rest.isEmpty {
            groups.append(rest.prefix(4))
            rest = rest.dropFirst(4)
        }
        // A last group of one or two would be lost easily.
        if let last = groups.last, last.count < 3, groups.count > 1 {
            groups.removeLast()
            groups[groups.count - 1] += last
        }
        return groups.joined(separator: "-")
    }

    /// Reads a code in either case, with or without hyphens and blanks.
    package init(_ text: String) throws(ParseError) {
        var symbols: [UInt8] = []
        for character in text where character != "-" && !character.isWhitespace {
            guard let ascii = character.asciiValue,
                let value = KeyFileSymbols.value(of: ascii)
            else { throw .character(character) }
            symbols.append(value)
            guard symbols.count <= Limits.invitationCodeLengthMax else { throw .check }
        }
        guard symbols.count > InvitationCode.checkLength else { throw .check }
        let content = Array(symbols.dropLast(InvitationCode.checkLength))
        guard KeyFileSymbols.check(content) == Array(symbols.suffix(InvitationCode.checkLength))
        else { throw .check }
        try self.init(symbols: content)
    }

    private init(symbols: [UInt8]) throws(ParseError) {
        let byteCount = symbols.count * 5 / 8
        let padding = (8 - symbols.count % 8) % 8
        let padded = KeyFileSymbols.bytes(symbols + [UInt8](repeating: 0, count: padding))
        // One text for each code: no symbol too many, and zeros behind the last byte.
        guard symbols.count == (byteCount * 8 + 4) / 5, padded[byteCount...].allSatisfy({ $0 == 0 })
        else { throw .content }
        do {
            try self.init(decoding: Array(padded[..<byteCount]))
        } catch .unknownVersion(_, let version) {
            throw .newerVersion(version)
        } catch {
            throw .content
        }
    }

    // MARK: Bytes

    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 64)
        let count = places.direct.count + places.routers.count
        writer.byte(InvitationCode.version << 4 | UInt8(count))
        writer.places(places)
        writer.raw(fingerprint.bytes)
        writer.raw(token)
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(FormatError) {
        let format = InvitationCode.format
        var reader = ByteReader(bytes, format: format)
        let head = try reader.byte()
        guard head >> 4 == InvitationCode.version else {
            throw .unknownVersion(format: format, version: Int(head >> 4))
        }
        let count = Int(head & 15)
        guard (1...Limits.invitationPlaceCountMax).contains(count) else {
            throw .invalid(format: format, field: "places")
        }
        places = try reader.places(count)
        guard let fingerprint = UserFingerprint(try reader.take(Limits.fingerprintLength)) else {
            throw .invalid(format: format, field: "fingerprint")
        }
        self.fingerprint = fingerprint
        token = try reader.take(Limits.invitationTokenLength)
        try reader.finish()
    }
}

// MARK: Places

extension ByteWriter {
    /// Those of the node first, then routers; how many there are is written by the caller.
    mutating func places(_ places: PeerAddresses) {
        for (kind, endpoints) in [(UInt8(0), places.direct), (1, places.routers)] {
            for endpoint in endpoints {
                let address = endpoint.address.bytes
                byte(kind | (address.count == 16 ? 2 : 0))
                raw(address)
                integer(endpoint.port)
            }
        }
    }
}

extension ByteReader {
    /// The one form of so many places: those of the node first, none twice, no port 0, and mapped
    /// addresses as IPv4.
    mutating func places(_ count: Int) throws(FormatError) -> PeerAddresses {
        var places = PeerAddresses()
        for _ in 0..<count {
            let kind = try byte()
            guard kind < 4 else { throw .invalid(format: format, field: "kind") }
            let length = kind & 2 == 0 ? 4 : 16
            guard let address = IPAddress(bytes: try take(length)), address.bytes.count == length
            else { throw .invalid(format: format, field: "address") }
            let endpoint = Endpoint(address, port: try integer())
            guard endpoint.port > 0 else { throw .invalid(format: format, field: "port") }
            let isRouter = kind & 1 == 1
            guard isRouter || places.routers.isEmpty,
                !(isRouter ? places.routers : places.direct).contains(endpoint)
            else { throw .invalid(format: format, field: "order") }
            if isRouter { places.routers.append(endpoint) } else { places.direct.append(endpoint) }
        }
        return places
    }
}
