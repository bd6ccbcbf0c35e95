internal import ErasureCoding
internal import Hashing
internal import Identities
internal import Model
internal import Placement
internal import Sealing
internal import Suppliers
internal import Synchronization

/// Turns a filled block into fragments on suppliers: table → seal → code, hash → sign → send.
///
/// Thread rules: any thread may call ``write(_:)``; each call works on buffers of its own.
final class BlockWriter: Sendable {
    struct Owner: Sendable {
        let user: UserID
        let device: DeviceKey
        let keys: RepositoryKeys
    }

    private let owner: Owner
    private let random: any RandomSource
    private let coder: FragmentCoder
    private let plan: FamilyPlan
    private let lanes: [SupplierID: SupplierLane]
    private let plaintextPool: BufferPool
    private let stripePool: BufferPool
    private let ledger: BlockLedger
    private let blockNumber: Counter

    init(
        owner: Owner, random: any RandomSource, plan: FamilyPlan, lanes: [SupplierLane],
        plaintextPool: BufferPool, stripePool: BufferPool, ledger: BlockLedger,
        firstBlockNumber: Int
    ) {
        self.owner = owner
        self.random = random
        self.coder = FragmentCoder(ReedSolomon(scheme: plan.scheme))
        self.plan = plan
        self.lanes = Dictionary(uniqueKeysWithValues: lanes.map { ($0.record.id, $0) })
        self.plaintextPool = plaintextPool
        self.stripePool = stripePool
        self.ledger = ledger
        self.blockNumber = Counter()
        blockNumber.add(firstBlockNumber)
    }

    /// Seals, codes and sends one block; its plaintext buffer goes back to the pool.
    ///
    /// On return the fragments are queued; the ledger hears when they are stored.
    func write(_ block: FilledBlock) throws {
        let length = BlockWriter.layTable(of: block)
        guard let stripe = stripePool.take() else { throw CancelledError() }
        let sealed = stripe[0..<length.sealedLength]
        let plaintext = block.buffer[0..<length.plaintextLength]
        let context = SealContext(
            kind: block.kind == .catalog ? .catalogBlock : .block,
            repository: owner.keys.repository, plaintextLength: length.plaintextLength)
        try owner.keys.blockSealer.seal(
            UnsafeRawBufferPointer(plaintext), salt: SealSalt(from: random),
            context: context.bytes, into: sealed)
        plaintextPool.giveBack(block.buffer)
        let fragments = try coder.fragments(of: stripe, sealedLength: length.sealedLength)
        let descriptor = BlockDescriptor(
            block: BlockWriter.blockID(of: sealed), kind: block.kind, scheme: plan.scheme,
            length: length, places: places(of: fragments))
        try send(descriptor, frames: block.frames, stripe: stripe)
    }

    /// BLAKE3 of the seal's header and the length. The header holds a random salt of 24 bytes and a
    /// commitment to the key, so the id names one sealing of one plaintext, and costs nothing where
    /// a digest of all bytes would cost as much as half of the fragments' roots
    /// (docs/decisions/0001-block-id.md).
    static func blockID(of sealed: UnsafeMutableRawBufferPointer) -> BlockID {
        var input = ByteWriter(reserving: 80)
        input.magic("bitdust block id v1")
        input.integer(UInt32(sealed.count))
        input.raw(sealed[0..<Limits.sealHeaderLength])
        return BlockID(BLAKE3.hash(input.bytes.span.bytes))
    }

    /// Writes header and table around the frames and zeros behind them.
    private static func layTable(of block: FilledBlock) -> BlockLength {
        let (header, table) = BlockTable(kind: block.kind, frames: block.frames).encoded()
        let tableOffset = block.frameBytesEnd
        guard let length = BlockLength(holding: tableOffset + table.count) else {
            preconditionFailure("the assembler leaves room for the table")
        }
        let bytes = block.buffer.bytes
        header.withUnsafeBytes { bytes[0..<header.count].copyBytes(from: $0) }
        let end = tableOffset + table.count
        table.withUnsafeBytes { bytes[tableOffset..<end].copyBytes(from: $0) }
        UnsafeMutableRawBufferPointer(rebasing: bytes[end..<length.plaintextLength])
            .initializeMemory(as: UInt8.self, repeating: 0)
        return length
    }

    private func places(of fragments: [FragmentID]) -> [FragmentPlace] {
        let suppliers = plan.assignment(blockNumber: UInt64(blockNumber.add() - 1))
        return zip(suppliers, fragments).map { FragmentPlace(supplier: $0, fragment: $1) }
    }

    private func send(
        _ descriptor: BlockDescriptor, frames: [FrameEntry], stripe: PageBuffer
    ) throws {
        let pending = PendingBlock(descriptor: descriptor, frames: frames, stripe: stripe) {
            [ledger, stripePool] block in
            stripePool.giveBack(block.stripe)
            ledger.complete(block)
        }
        ledger.began(fragmentCount: descriptor.scheme.fragmentCount)
        let fragmentLength = descriptor.fragmentLength
        let signing = FragmentSigning(owner: owner, random: random)
        for (position, place) in descriptor.places.enumerated() {
            let header = try signing.header(of: descriptor, position: position)
            let start = position * fragmentLength
            let upload = FragmentUpload(
                header: header, payload: stripe, range: start..<start + fragmentLength)
            lanes[place.supplier]?.send(
                SupplierLane.Item(block: pending, position: position, upload: upload))
        }
    }
}
