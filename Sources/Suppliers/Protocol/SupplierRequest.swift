package import Model

/// What a customer asks a supplier: the header of a request, without the bytes that follow it.
///
/// ```
/// offset  length  field                          docs/formats/supplier-protocol.md
///      0       8  magic "BDSREQ01"
///      8       1  call                           SupplierRequest.Call.Code
///      9      32  owner                          UserID whose fragments are meant
///     41       -  grant: length 4                the owner's permission; empty for the owner
///              -  body                           by call
///              4  CRC-32C of all before it
/// ```
///
/// Who asks is not in it: the channel knows the peer.
///
/// Golden file: `fixtures/supplier-protocol/requests-v1.bin`.
package struct SupplierRequest: Equatable, Sendable {
    package let owner: UserID
    package let grant: [UInt8]
    package let call: Call

    package enum Call: Equatable, Sendable {
        /// The contract in force.
        case contract
        case propose(Contract)
        /// Payload: the fragments, one after the other.
        case put([FragmentHeader])
        /// All of it when there is no range; `room` is what the asking side has memory for.
        case get(FragmentID, range: Range<Int>?, room: Int, wantsProof: Bool)
        case header(FragmentID)
        case has([FragmentID])
        case list(after: FragmentID?, limit: Int)
        /// Heads from the one with index `skip` on, as many as `room` bytes hold.
        case heads(skip: Int, room: Int)
        /// Payload: the head.
        case putHead
        case tombstone(TombstoneOrder)
        /// Takes tombstones back that have not taken effect.
        case keep([FragmentID])
        /// Has the supplier re-read fragments: what is not what it was may be put again.
        case scrub([FragmentID])
        case usage
        case audit(AuditChallenge)
        /// What the supplier says about itself; anybody may ask.
        case offer
        /// Serials of all grants of the owner that are good no more.
        case revoke([UInt64])
        /// Whether the supplier leaves, and when.
    }

    package init(owner: UserID, grant: [UInt8] = [], _ call: Call) {
        self.owner = owner
        self.grant = grant
        self.call = call
    }

    /// Whether an encoded request is one that a supplier's index answers, by a look at its call.
    package static func waitsForNoDisk(_ bytes: [UInt8]) -> Bool {
        guard bytes.count > 8 else { return true }
        return Call.Code(rawValue: bytes[8])?.waitsForNoDisk ?? true
    }

    static let format = "supplier request"
    private static let magic: StaticString = "BDSREQ01"

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 512)
        writer.magic(SupplierRequest.magic)
        writer.byte(call.code.rawValue)
        writer.identifier(owner)
        writer.counted(grant)
        call.encode(into: &writer)
        writer.checksum()
        return writer.bytes
    }

    /// Reads a request that nobody has checked: signatures in it are the caller's to check.
    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = SupplierRequest.format
        guard bytes.count <= Limits.messageLengthMax else {
            throw .limitExceeded(
                format: format, field: "length", value: UInt64(bytes.count),
                limit: UInt64(Limits.messageLengthMax))
        }
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(SupplierRequest.magic)
        guard let code = Call.Code(rawValue: try reader.byte()) else {
            throw .invalid(format: format, field: "call")
        }
        owner = try reader.identifier()
        grant = try reader.counted(limit: Limits.grantLengthMax, field: "grant")
        call = try Call(code, from: &reader)
        try reader.finish()
    }
}

extension SupplierRequest.Call {
    package enum Code: UInt8, CaseIterable, Sendable {
        case contract = 1
        case propose, put, get, header, has, list, heads, putHead, tombstone, keep, scrub, usage
        case audit, offer, revoke

        /// Small files of the supplier's own directory are no disk to wait for.
        var waitsForNoDisk: Bool {
            switch self {
            case .contract, .has, .list, .keep, .usage, .offer, .revoke: true
            case .propose, .put, .get, .header, .heads, .putHead, .tombstone, .scrub, .audit: false
            }
        }
    }

    package var code: Code {
        switch self {
        case .contract: .contract
        case .propose: .propose
        case .put: .put
        case .get: .get
        case .header: .header
        case .has: .has
        case .list: .list
        case .heads: .heads
        case .putHead: .putHead
        case .tombstone: .tombstone
        case .keep: .keep
        case .scrub: .scrub
        case .usage: .usage
        case .audit: .audit
        case .offer: .offer
        case .revoke: .revoke
        }
    }
}
