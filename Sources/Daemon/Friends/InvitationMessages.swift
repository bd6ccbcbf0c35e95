package import Model
package import Networking

/// What whoever has a code says to the node that has made it.
///
/// ```
/// offset  length  field                          docs/formats/invitation.md
///      0       8  magic "BDINVT01"
///      8      10  token
///     18       8  gift                           bytes that the sender keeps for the receiver
///     26       -  name of the sender: length 4, at most 64 bytes of UTF-8
///              -  places of the sender: count 4, at most 8; each as in a code
///              4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/invitation/request-v1.bin`.
package struct InvitationRequest: Hashable, Sendable {
    package let token: [UInt8]
    package let gift: Int
    package let name: DisplayName
    package let places: PeerAddresses

    static let magic: StaticString = "BDINVT01"
    private static let format = "invitation request"

    /// - Precondition: the token has `Limits.invitationTokenLength` bytes, the gift is not
    ///   negative, and there are at most `Limits.friendPlaceCountMax` places.
    package init(token: [UInt8], gift: Int, name: DisplayName, places: PeerAddresses) {
        precondition(token.count == Limits.invitationTokenLength && gift >= 0)
        precondition(
            places.direct.count + places.routers.count <= Limits.friendPlaceCountMax)
        self.token = token
        self.gift = gift
        self.name = name
        self.places = places
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 128)
        writer.magic(InvitationRequest.magic)
        writer.raw(token)
        writer.integer(UInt64(gift))
        writer.text(name.text)
        writer.integer(UInt32(places.direct.count + places.routers.count))
        writer.places(places)
        writer.checksum()
        return writer.bytes
    }

    package init(_ bytes: [UInt8]) throws(FormatError) {
        var reader = try ByteReader(checked: bytes, format: InvitationRequest.format)
        try reader.expect(InvitationRequest.magic)
        token = try reader.take(Limits.invitationTokenLength)
        gift = try reader.gift()
        name = try reader.name()
        places = try reader.places(
            try reader.count(limit: Limits.friendPlaceCountMax, field: "places"))
        try reader.finish()
    }
}

/// What the maker of a code answers.
///
/// ```
/// offset  length  field                          docs/formats/invitation.md
///      0       8  magic "BDINVR01"
///      8       1  kind: 1 taken, 2 refused
///      9       -  body                           by kind
///              4  CRC-32C of all before it
///
/// taken:     8 + -  gift: bytes that the sender keeps for the receiver; name: length 4, UTF-8
/// refused:       1  reason
/// ```
///
/// Golden file: `fixtures/invitation/answers-v1.bin`.
package enum InvitationAnswer: Hashable, Sendable {
    case taken(gift: Int, name: DisplayName)
    case refused(InvitationRefusal)

    private static let magic: StaticString = "BDINVR01"
    private static let format = "invitation answer"

    private enum Kind: UInt8 {
        case taken = 1
        case refused
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 96)
        writer.magic(InvitationAnswer.magic)
        switch self {
        case .taken(let gift, let name):
            writer.byte(Kind.taken.rawValue)
            writer.integer(UInt64(max(0, gift)))
            writer.text(name.text)
        case .refused(let refusal):
            writer.byte(Kind.refused.rawValue)
            writer.byte(refusal.rawValue)
        }
        writer.checksum()
        return writer.bytes
    }

    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = InvitationAnswer.format
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(InvitationAnswer.magic)
        switch Kind(rawValue: try reader.byte()) {
        case .taken: self = .taken(gift: try reader.gift(), name: try reader.name())
        case .refused:
            guard let refusal = InvitationRefusal(rawValue: try reader.byte()) else {
                throw .invalid(format: format, field: "reason")
            }
            self = .refused(refusal)
        case nil: throw .invalid(format: format, field: "kind")
        }
        try reader.finish()
    }
}

/// Why an invitation is not taken; the codes are those of the wire.
package enum InvitationRefusal: UInt8, Error, Sendable, CaseIterable {
    /// No such token: never given out, taken back, or forgotten long after its end.
    case unknown = 1
    /// Somebody else has used it.
    case used = 2
    case expired = 3
    /// Too many wrong tokens came from there.
    case tooManyTries = 4
    /// The maker takes nobody now: it has no room, or leaves.
    case notNow = 5
}

extension ByteReader {
    fileprivate mutating func gift() throws(FormatError) -> Int {
        guard let gift = Int(exactly: try integer(UInt64.self)), gift <= Limits.diskSpaceMax else {
            throw .invalid(format: format, field: "gift")
        }
        return gift
    }

    fileprivate mutating func name() throws(FormatError) -> DisplayName {
        let text = try text(limit: Limits.displayNameLengthMax, field: "name")
        guard let name = DisplayName(text) else { throw .invalid(format: format, field: "name") }
        return name
    }
}
