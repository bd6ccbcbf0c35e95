internal import Model

/// How many buffers of which length a pipeline may use: its memory is this and no more.
struct StoringSizes: Sendable {
    /// The largest class of block: smaller where one with all its fragments would be too long.
    let blockLength: BlockLength
    let stripeByteCount: Int
    let stripeCount: Int
    let plaintextCount: Int
    let frameCount: Int
    let readerCount: Int
    let sealerCount: Int

    /// - Parameter memoryByteCount: what all buffers together may take; at least two stripes are
    ///   used whatever it says.
    init(scheme: ErasureScheme, workerCount: Int, memoryByteCount: Int) {
        let stripeMax = memoryByteCount / 4
        self.blockLength =
            BlockLength.all.last { StoringSizes.stripe(scheme, $0) <= stripeMax }
            ?? BlockLength.smallest
        self.stripeByteCount = StoringSizes.stripe(scheme, blockLength)
        let plaintext = blockLength.sealedLength
        // Three kinds of block are open at a time.
        let fixed = 3 * plaintext + 8 * Limits.frameLengthMax
        let perSealer = stripeByteCount + plaintext + 3 * Limits.frameLengthMax
        let affordable = max(1, (memoryByteCount - fixed - stripeByteCount) / perSealer)
        self.sealerCount = min(workerCount, affordable)
        self.readerCount = min(workerCount, max(1, affordable * 2))
        self.stripeCount = sealerCount + 1
        self.plaintextCount = 3 + sealerCount
        self.frameCount = readerCount + sealerCount + 4
    }

    private static func stripe(_ scheme: ErasureScheme, _ length: BlockLength) -> Int {
        scheme.fragmentLength(sealedLength: length.sealedLength) * scheme.fragmentCount
    }
}
