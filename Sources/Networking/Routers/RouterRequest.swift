package import Model

/// What a node asks a router: the header of a request over a session, which says who asks.
///
/// ```
/// offset  length  field                          docs/formats/router.md
///      0       8  magic "BDROUT01"
///      8       1  call: 1 wait, 2 call
///      9       -  body                           by call
///              4  CRC-32C of all before it
///
/// wait:         4  patience, milliseconds
/// call:        32  user
///               1  0 any device of the user, 1 the device that follows
///            0/32  device
/// ```
///
/// Golden file: `fixtures/router/requests-v1.bin`.
package enum RouterRequest: Equatable, Sendable {
    /// Whoever asks wants to be reached through the router. Answered with callers as soon as there
    /// are any, else after `patience` milliseconds or earlier; 0 only reserves the place.
    case wait(patience: UInt32)
    /// Whoever asks wants to reach a node that waits.
    case call(PeerName)

    /// The first bytes of each request, by which a node finds who answers it.
    package static let magic: StaticString = "BDROUT01"
    static let format = "router request"

    private enum Code: UInt8 {
        case wait = 1
        case call
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 80)
        writer.magic(RouterRequest.magic)
        switch self {
        case .wait(let patience):
            writer.byte(Code.wait.rawValue)
            writer.integer(patience)
        case .call(let peer):
            writer.byte(Code.call.rawValue)
            writer.identifier(peer.userID)
            writer.byte(peer.deviceID == nil ? 0 : 1)
            if let device = peer.deviceID { writer.identifier(device) }
        }
        writer.checksum()
        return writer.bytes
    }

    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = RouterRequest.format
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(RouterRequest.magic)
        switch Code(rawValue: try reader.byte()) {
        case .wait: self = .wait(patience: try reader.integer())
        case .call:
            let user = try reader.identifier(UserID.self)
            let flag = try reader.byte()
            guard flag <= 1 else { throw .invalid(format: format, field: "device flag") }
            let device = flag == 1 ? try reader.identifier(DeviceID.self) : nil
            self = .call(PeerName(user, device: device))
        case nil: throw .invalid(format: format, field: "call")
        }
        try reader.finish()
    }
}

/// What a router answers.
///
/// ```
/// offset  length  field                          docs/formats/router.md
///      0       8  magic "BDROTR01"
///      8       1  kind: 1 callers, 2 pass, 3 refused
///      9       -  body                           by kind
///              4  CRC-32C of all before it
///
/// callers:   4 + 32 n  n, at most 16, and a pass for each
/// pass:        32  the pass
/// refused:      1  reason
/// ```
///
/// Golden file: `fixtures/router/responses-v1.bin`.
package enum RouterResponse: Equatable, Sendable {
    /// To who waits: one pass for each caller. Empty when nobody has called.
    case callers([SplicePass])
    /// To who calls.
    case pass(SplicePass)
    case refused(RouterRefusal)

    static let format = "router response"
    private static let magic: StaticString = "BDROTR01"

    private enum Kind: UInt8 {
        case callers = 1
        case pass, refused
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 64)
        writer.magic(RouterResponse.magic)
        switch self {
        case .callers(let passes):
            writer.byte(Kind.callers.rawValue)
            writer.integer(UInt32(passes.count))
            for pass in passes { writer.bytes32(pass.bytes) }
        case .pass(let pass):
            writer.byte(Kind.pass.rawValue)
            writer.bytes32(pass.bytes)
        case .refused(let refusal):
            writer.byte(Kind.refused.rawValue)
            writer.byte(refusal.rawValue)
        }
        writer.checksum()
        return writer.bytes
    }

    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = RouterResponse.format
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(RouterResponse.magic)
        switch Kind(rawValue: try reader.byte()) {
        case .callers:
            let count = try reader.count(limit: Limits.callersPerAnswerMax, field: "callers")
            var passes: [SplicePass] = []
            for _ in 0..<count { passes.append(SplicePass(bytes: try reader.bytes32())) }
            self = .callers(passes)
        case .pass: self = .pass(SplicePass(bytes: try reader.bytes32()))
        case .refused:
            guard let refusal = RouterRefusal(rawValue: try reader.byte()) else {
                throw .invalid(format: format, field: "reason")
            }
            self = .refused(refusal)
        case nil: throw .invalid(format: format, field: "kind")
        }
        try reader.finish()
    }
}

/// Why a router does not do what it was asked; the codes are those of the wire.
package enum RouterRefusal: UInt8, Error, Sendable, CaseIterable {
    /// Nobody of that name waits here.
    case notWaiting = 1
    /// The router has no place left.
    case full = 2
    /// The user who asks has as much as one may.
    case tooMany = 3
    /// Whoever is called has as many callers as one may.
    case peerBusy = 4
}
