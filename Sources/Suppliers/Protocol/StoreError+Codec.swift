internal import Model

/// Refusals as they travel: a code, and the values of the case. What only the customer's side finds
/// (unreachable, lied) does not travel.
extension StoreError {
    private enum Code: UInt8 {
        case notFound = 1
        case unknownCustomer, unknownDevice, badSignature, invalid, quotaExceeded
        case capacityExceeded, diskFull, readOnly, staleHead, corrupt, unavailable, failed, closed
        case busy, staleContract, contractRefused, contractEnded
    }

    private static let textLengthMax = 256

    func encode(into writer: inout ByteWriter) {
        func put(_ code: Code, _ values: Int...) {
            writer.byte(code.rawValue)
            for value in values { writer.integer(UInt64(clamping: value)) }
        }
        switch self {
        case .notFound: put(.notFound)
        case .unknownCustomer(let owner):
            put(.unknownCustomer)
            writer.identifier(owner)
        case .unknownDevice(let device):
            put(.unknownDevice)
            writer.identifier(device)
        case .badSignature: put(.badSignature)
        case .invalid(let field):
            put(.invalid)
            writer.text(StoreError.short(field))
        case .quotaExceeded(let need, let available): put(.quotaExceeded, need, available)
        case .capacityExceeded(let need, let available): put(.capacityExceeded, need, available)
        case .diskFull: put(.diskFull)
        case .readOnly: put(.readOnly)
        case .staleHead(let newest): put(.staleHead, Int(clamping: newest))
        case .corrupt(let corruption):
            put(.corrupt)
            corruption.encode(into: &writer)
        case .unavailable(let reason):
            put(.unavailable)
            writer.text(StoreError.short(reason))
        case .failed(let operation, let errno):
            put(.failed)
            writer.text(StoreError.short(operation))
            writer.integer(errno)
        case .closed: put(.closed)
        case .busy: put(.busy)
        case .staleContract(let newest): put(.staleContract, Int(clamping: newest))
        case .contractRefused(let quotaMax): put(.contractRefused, quotaMax)
        case .contractEnded: put(.contractEnded)
        case .unreachable, .lied: put(.unavailable); writer.text("")
        }
    }

    init(from reader: inout ByteReader) throws(FormatError) {
        guard let code = Code(rawValue: try reader.byte()) else {
            throw .invalid(format: reader.format, field: "refusal")
        }
        switch code {
        case .notFound: self = .notFound
        case .unknownCustomer: self = .unknownCustomer(try reader.identifier())
        case .unknownDevice: self = .unknownDevice(try reader.identifier())
        case .badSignature: self = .badSignature
        case .invalid: self = .invalid(field: try reader.shortText())
        case .quotaExceeded:
            self = .quotaExceeded(need: try reader.size(), available: try reader.size())
        case .capacityExceeded:
            self = .capacityExceeded(need: try reader.size(), available: try reader.size())
        case .diskFull: self = .diskFull
        case .readOnly: self = .readOnly
        case .staleHead: self = .staleHead(newest: UInt64(try reader.size()))
        case .corrupt: self = .corrupt(try Corruption(from: &reader))
        case .unavailable: self = .unavailable(reason: try reader.shortText())
        case .failed:
            self = .failed(operation: try reader.shortText(), errno: try reader.integer())
        case .closed: self = .closed
        case .busy: self = .busy
        case .staleContract: self = .staleContract(newest: UInt64(try reader.size()))
        case .contractRefused: self = .contractRefused(quotaMax: try reader.size())
        case .contractEnded: self = .contractEnded
        }
    }

    private static func short(_ text: String) -> String {
        text.utf8.count <= textLengthMax ? text : String(text.unicodeScalars.prefix(64))
    }
}

extension Corruption {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.identifier(fragment)
        writer.byte(part == .header ? 0 : 1)
        writer.integer(expected)
        writer.integer(found)
    }

    fileprivate init(from reader: inout ByteReader) throws(FormatError) {
        fragment = try reader.identifier()
        part = try reader.flag("part") ? .payload : .header
        expected = try reader.integer()
        found = try reader.integer()
    }
}

extension ByteReader {
    fileprivate mutating func shortText() throws(FormatError) -> String {
        try text(limit: 256, field: "text")
    }

    fileprivate mutating func size() throws(FormatError) -> Int {
        guard let value = Int(exactly: try integer(UInt64.self)) else {
            throw .invalid(format: format, field: "size")
        }
        return value
    }
}
