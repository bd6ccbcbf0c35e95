internal import Model

/// What an owner asks its rebuilder: the header of a request, without the payload behind it.
///
/// ```
/// offset  length  field                          docs/formats/rebuilder.md
///      0       8  magic "BDRBLD01"
///      8       1  call                           RebuilderRequest.Code
///      9       -  body                           by call
///              4  CRC-32C of all before it
/// ```
///
/// Whose owner asks is not in it: the session knows.
///
/// Golden file: `fixtures/rebuilder/requests-v1.bin`.
enum RebuilderRequest: Equatable, Sendable {
    /// Payload: the grant (length 4), and the family.
    case grant
    /// Digests of the blocks that the rebuilder knows, of rows after this one.
    case inventory(after: Int64)
    /// Payload: blocks, each with its length 4.
    case blocks
    /// Rows that the owner has given up.
    case forget([Int64])
    /// What the rebuilder has stored, with sequences after this one.
    case moves(after: UInt64)
    /// The owner's catalog knows these moves.
    case settled(upTo: UInt64)
    /// All that this owner has handed over may be thrown away.
    case end

    enum Code: UInt8 {
        case grant = 1
        case inventory, blocks, forget, moves, settled, end
    }

    static let magic: StaticString = "BDRBLD01"
    private static let format = "rebuilder request"

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.magic(RebuilderRequest.magic)
        writer.byte(code.rawValue)
        switch self {
        case .grant, .blocks, .end: break
        case .inventory(let row): writer.integer(row)
        case .forget(let rows):
            writer.integer(UInt32(rows.count))
            for row in rows { writer.integer(row) }
        case .moves(let sequence), .settled(let sequence): writer.integer(sequence)
        }
        writer.checksum()
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(FormatError) {
        let format = RebuilderRequest.format
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(RebuilderRequest.magic)
        switch Code(rawValue: try reader.byte()) {
        case nil: throw .invalid(format: format, field: "call")
        case .grant: self = .grant
        case .blocks: self = .blocks
        case .end: self = .end
        case .inventory: self = .inventory(after: try reader.integer())
        case .moves: self = .moves(after: try reader.integer())
        case .settled: self = .settled(upTo: try reader.integer())
        case .forget:
            let count = try reader.count(
                limit: Limits.rebuilderInventoryCountMax, field: "rows")
            var rows: [Int64] = []
            for _ in 0..<count { rows.append(try reader.integer()) }
            self = .forget(rows)
        }
        try reader.finish()
    }

    private var code: Code {
        switch self {
        case .grant: .grant
        case .inventory: .inventory
        case .blocks: .blocks
        case .forget: .forget
        case .moves: .moves
        case .settled: .settled
        case .end: .end
        }
    }
}

/// What a rebuilder answers; inventory and moves are the payload.
///
/// ```
/// offset  length  field                          docs/formats/rebuilder.md
///      0       8  magic "BDRBLA01"
///      8       1  0 done, 1 refused
///      9       -  reason: length 4 and text      empty when it is done
///              4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/rebuilder/answers-v1.bin`.
enum RebuilderAnswer: Equatable, Sendable {
    case done
    /// Why, for a person.
    case refused(String)

    private static let magic: StaticString = "BDRBLA01"
    private static let format = "rebuilder answer"

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.magic(RebuilderAnswer.magic)
        switch self {
        case .done:
            writer.byte(0)
            writer.text("")
        case .refused(let reason):
            writer.byte(1)
            writer.text(reason)
        }
        writer.checksum()
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(FormatError) {
        let format = RebuilderAnswer.format
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(RebuilderAnswer.magic)
        let code = try reader.byte()
        let reason = try reader.text(limit: Limits.textLengthMax, field: "reason")
        switch (code, reason.isEmpty) {
        case (0, true): self = .done
        case (1, false): self = .refused(reason)
        default: throw .invalid(format: format, field: "code")
        }
        try reader.finish()
    }
}

/// A row, and what its block looks like: 40 bytes of an inventory.
struct InventoryEntry: Equatable, Sendable {
    let row: Int64
    let digest: Bytes32

    static let length = 40

    static func encode(_ entries: [InventoryEntry]) -> [UInt8] {
        var writer = ByteWriter(reserving: entries.count * length)
        for entry in entries {
            writer.integer(entry.row)
            writer.bytes32(entry.digest)
        }
        return writer.bytes
    }

    static func decode(_ bytes: [UInt8]) throws(FormatError) -> [InventoryEntry] {
        var reader = ByteReader(bytes, format: "inventory")
        var entries: [InventoryEntry] = []
        while reader.remainingByteCount > 0 {
            entries.append(
                InventoryEntry(row: try reader.integer(), digest: try reader.bytes32()))
        }
        return entries
    }
}
