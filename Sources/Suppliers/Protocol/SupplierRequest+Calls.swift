internal import Model

// The bodies of requests. Page: docs/formats/supplier-protocol.md.

extension SupplierRequest.Call {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .contract, .putHead, .usage, .offer:
            break
        case .propose(let contract):
            writer.counted(contract.encoded())
        case .put(let headers):
            writer.integer(UInt32(headers.count))
            for header in headers { writer.counted(header.encoded()) }
        case .get(let fragment, let range, let room, let wantsProof):
            writer.identifier(fragment)
            writer.byte((range == nil ? 0 : 1) | (wantsProof ? 2 : 0))
            if let range { writer.range(range) }
            writer.integer(UInt32(clamping: room))
        case .header(let fragment):
            writer.identifier(fragment)
        case .has(let fragments), .keep(let fragments), .scrub(let fragments):
            writer.fragments(fragments)
        case .list(let after, let limit):
            writer.byte(after == nil ? 0 : 1)
            if let after { writer.identifier(after) }
            writer.integer(UInt32(clamping: limit))
        case .heads(let skip, let room):
            writer.integer(UInt32(clamping: skip))
            writer.integer(UInt32(clamping: room))
        case .tombstone(let order):
            order.encode(into: &writer)
        case .audit(let challenge):
            challenge.encode(into: &writer)
        case .revoke(let serials):
            writer.integer(UInt32(serials.count))
            for serial in serials { writer.integer(serial) }
        }
    }

    init(_ code: Code, from reader: inout ByteReader) throws(FormatError) {
        switch code {
        case .contract: self = .contract
        case .putHead: self = .putHead
        case .usage: self = .usage
        case .offer: self = .offer
        case .propose:
            let bytes = try reader.counted(limit: Contract.lengthMax, field: "contract")
            self = .propose(try Contract(bytes))
        case .put: self = .put(try reader.fragmentHeaders())
        case .get: self = try .get(from: &reader)
        case .header: self = .header(try reader.identifier())
        case .has: self = .has(try reader.fragments())
        case .keep: self = .keep(try reader.fragments())
        case .scrub: self = .scrub(try reader.fragments())
        case .list:
            let after = try reader.flag("after") ? try reader.identifier(FragmentID.self) : nil
            self = .list(
                after: after,
                limit: try reader.count(limit: Limits.messageFragmentCountMax, field: "limit"))
        case .heads:
            self = .heads(
                skip: try reader.count(limit: HeadsPage.headCountMax, field: "skip"),
                room: try reader.count(limit: HeadsPage.roomMax, field: "room"))
        case .tombstone: self = .tombstone(try TombstoneOrder(from: &reader))
        case .audit: self = .audit(try AuditChallenge(from: &reader))
        case .revoke:
            let count = try reader.count(limit: Limits.revokedGrantCountMax, field: "serials")
            var serials: [UInt64] = []
            for _ in 0..<count { serials.append(try reader.integer()) }
            self = .revoke(serials)
        }
    }

    private static func get(from reader: inout ByteReader) throws(FormatError) -> Self {
        let fragment = try reader.identifier(FragmentID.self)
        let flags = try reader.byte()
        guard flags <= 3 else { throw .invalid(format: reader.format, field: "flags") }
        let range = flags & 1 == 0 ? nil : try reader.range()
        let room = try reader.count(limit: Limits.fragmentLengthMax, field: "room")
        return .get(fragment, range: range, room: room, wantsProof: flags & 2 != 0)
    }
}

extension ByteWriter {
    mutating func range(_ range: Range<Int>) {
        integer(UInt32(clamping: range.lowerBound))
        integer(UInt32(clamping: range.upperBound))
    }

    mutating func fragments(_ fragments: [FragmentID]) {
        integer(UInt32(fragments.count))
        for fragment in fragments { identifier(fragment) }
    }
}

extension ByteReader {
    mutating func flag(_ field: String) throws(FormatError) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        default: throw .invalid(format: format, field: field)
        }
    }

    mutating func range() throws(FormatError) -> Range<Int> {
        let lower = try count(limit: Limits.fragmentLengthMax, field: "range")
        let upper = try count(limit: Limits.fragmentLengthMax, field: "range")
        guard lower <= upper else { throw .invalid(format: format, field: "range") }
        return lower..<upper
    }

    mutating func fragments() throws(FormatError) -> [FragmentID] {
        let count = try count(limit: Limits.messageFragmentCountMax, field: "fragments")
        try need(count * Bytes32.byteCount)
        var fragments: [FragmentID] = []
        fragments.reserveCapacity(count)
        for _ in 0..<count { fragments.append(try identifier()) }
        return fragments
    }

    mutating func fragmentHeaders() throws(FormatError) -> [FragmentHeader] {
        let count = try count(limit: Limits.groupCommitCountMax, field: "uploads")
        var headers: [FragmentHeader] = []
        for _ in 0..<count {
            headers.append(
                try FragmentHeader(counted(limit: RecordHeader.lengthMax, field: "header")))
        }
        return headers
    }
}
