internal import Model

/// How many buffers of which length a pipeline may use: its memory is this and no more.
struct StoringSizes: Sendable {
    /// The largest class of block: smaller where one with all its fragments would be too long.
    let blockLength: BlockLength
    /// Bytes of plaintext of one frame: a frame that does not shrink must fit an empty block.
    let frameLength: Int
    let stripeByteCount: Int
    let sealerCount: Int
    let readerCount: Int
    /// Stripes that only wait for suppliers.
    private var farStripeCount = 0

    /// A block holds at least a longest chunk with the longest table of a frame.
    static let blockLengthMin = BlockLength.all.first {
        StoringSizes.frameLength(in: $0) >= Limits.chunkLengthMax
    }!

    /// - Parameter memoryByteCount: what all buffers together may take; what one sealer and one
    ///   reader need is used whatever it says.
    /// - Parameter isFar: suppliers are over a network: some more blocks are on their way, in half
    ///   as much memory again, since each takes its way there and back.
    init(scheme: ErasureScheme, workerCount: Int, memoryByteCount: Int, isFar: Bool = false) {
        let stripeMax = memoryByteCount / 4
        let blockLength =
            BlockLength.all.last {
                $0 >= StoringSizes.blockLengthMin && StoringSizes.stripe(scheme, $0) <= stripeMax
            } ?? StoringSizes.blockLengthMin
        let stripe = StoringSizes.stripe(scheme, blockLength)
        let sizes = (1...workerCount).map {
            StoringSizes(
                blockLength: blockLength, stripeByteCount: stripe, sealerCount: $0,
                readerCount: min(workerCount, 2 * $0))
        }
        self = sizes.last { $0.byteCount <= memoryByteCount } ?? sizes[0]
        while isFar, farStripeCount < Limits.farStripeCountMax,
            byteCount + stripeByteCount <= memoryByteCount / 2 * 3
        {
            farStripeCount += 1
        }
    }

    private init(
        blockLength: BlockLength, stripeByteCount: Int, sealerCount: Int, readerCount: Int
    ) {
        self.blockLength = blockLength
        self.frameLength = StoringSizes.frameLength(in: blockLength)
        self.stripeByteCount = stripeByteCount
        self.sealerCount = sealerCount
        self.readerCount = readerCount
    }

    var stripeCount: Int { sealerCount + 1 + farStripeCount }
    /// Blocks of each kind are open at a time, and each sealer writes one.
    var plaintextCount: Int {
        BlockKind.allCases.reduce(sealerCount) { $0 + BlockAssembler.openCountMax($1) }
    }
    var frameCount: Int { readerCount + sealerCount + 4 }

    /// Bytes of all buffers together, those that readers and sealers have for themselves too.
    var byteCount: Int {
        stripeCount * stripeByteCount + plaintextCount * blockLength.sealedLength
            + (frameCount + sealerCount) * Limits.frameLengthMax
            + readerCount * FileReader.bufferLength
    }

    /// Bytes that one page of the catalog, a chunk in a frame of its own, may have.
    var pageLength: Int {
        let overhead = StoringSizes.overhead(chunkCount: 1)
        return min(Limits.frameLengthMax, blockLength.plaintextLength - overhead)
    }

    private static func frameLength(in length: BlockLength) -> Int {
        let overhead = overhead(chunkCount: Limits.frameChunkCountMax)
        return min(Limits.frameLengthMax, length.plaintextLength - overhead)
    }

    /// Header, frame count, one entry, checksum.
    private static func overhead(chunkCount: Int) -> Int {
        BlockTable.headerLength + 8 + FrameEntry.tableLength(chunkCount: chunkCount)
    }

    private static func stripe(_ scheme: ErasureScheme, _ length: BlockLength) -> Int {
        scheme.fragmentLength(sealedLength: length.sealedLength) * scheme.fragmentCount
    }
}
