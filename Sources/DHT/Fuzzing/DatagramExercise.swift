internal import Model

/// Feeds bytes of any kind to everything that reads what strangers send. For fuzzing: it must
/// return, whatever the bytes are.
///
/// The input is cut at each byte 0xff into datagrams for one core with some contacts, an item and a
/// lookup under way. So that they get past tokens and transaction ids, `TOKENTOK` stands for a
/// token that holds and `TRANSA` for the transaction of the last query that the core sent.
package struct DatagramExercise {
    private static let stranger = Endpoint(.v4(0x0506_0708), port: 6881)
    private static let separator: UInt8 = 0xff

    private var core: DHTCore
    private var now: UInt64 = 1_000_000_000
    private var effects: [DHTEffect] = []
    private var transaction: [UInt8] = Array("TRANSA".utf8)
    private var sender = stranger

    /// What came out, for the caller to look at.
    package private(set) var sentCount = 0
    /// Most bytes sent for a single datagram, in proportion to it, from an address that has proved
    /// nothing.
    package private(set) var amplification = 0.0

    package init(verifier: any ItemVerifier) {
        core = DHTCore(
            configuration: DHTConfiguration(), seed: Bytes32(words: (1, 2, 3, 4)),
            verifier: verifier, now: now)
        for number in 1...20 as ClosedRange<UInt32> {
            let endpoint = Endpoint(.v4(0x1000_0000 | number << 12), port: 14441)
            let filler = NodeID(high: UInt64(number) << 40, middle: 7, low: number)
            core.table.answered(
                Contact(id: .bound(to: endpoint.address, filler: filler), endpoint: endpoint),
                at: 1)
        }
        _ = core.items.put(
            Item(value: Array("4:kept".utf8)), expected: nil, from: .v4(1), now: now,
            verifier: verifier)
    }

    /// Reads `bytes` as datagrams, as contacts of a former run, and as the value of each record.
    package static func run(_ bytes: [UInt8], verifier: any ItemVerifier) -> DatagramExercise {
        var exercise = DatagramExercise(verifier: verifier)
        exercise.ask()
        for part in bytes.split(separator: separator, maxSplits: 15) {
            exercise.receive(Array(part))
        }
        _ = try? SavedContacts(decoding: bytes)
        let item = Item(value: bytes)
        _ = NicknameClaim(item)
        _ = SupplierList.supplierCount(in: item)
        return exercise
    }

    private mutating func ask() {
        let target = Item.target(ofValue: Array("4:kept".utf8))
        core.request(
            .get(ItemAddress(immutable: target), minimum: 0), ticket: 1, now: now, &effects)
        noteEffects()
    }

    private mutating func receive(_ part: [UInt8]) {
        var token = BencodeWriter()
        token.word(raw: core.token(for: sender.address))
        var bytes = DatagramExercise.replace("TOKENTOK", by: token.bytes, in: part)
        bytes = DatagramExercise.replace("TRANSA", by: transaction, in: bytes)
        let source = bytes == part ? DatagramExercise.stranger : sender
        now += 50_000_000
        let sentBefore = core.counters.bytesSent
        let tag = core.random.tag(of: source.address)
        let isProved = core.verified.contains(tag: tag, now: now)
        core.receive(bytes, from: source, now: now, &effects)
        if bytes == part, !bytes.isEmpty, !isProved {
            amplification = max(
                amplification,
                Double(core.counters.bytesSent - sentBefore) / Double(bytes.count))
        }
        noteEffects()
        core.advance(to: now, &effects)
        noteEffects()
    }

    private mutating func noteEffects() {
        for effect in effects {
            guard case .send(let bytes, let endpoint) = effect else { continue }
            sentCount += 1
            if let message = try? KRPCMessage(bytes), case .query = message.kind {
                transaction = Array(message.bytes[message.transaction])
                sender = endpoint
            }
        }
        effects.removeAll(keepingCapacity: true)
    }

    private static func replace(
        _ mark: StaticString, by text: [UInt8], in bytes: [UInt8]
    ) -> [UInt8] {
        let mark = mark.withUTF8Buffer { Array($0) }
        guard bytes.count >= mark.count,
            let start = (0...bytes.count - mark.count).first(where: {
                bytes[$0..<$0 + mark.count].elementsEqual(mark)
            })
        else { return bytes }
        return Array(bytes[..<start]) + text + bytes[(start + mark.count)...]
    }
}
