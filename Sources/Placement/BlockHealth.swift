package import Model

/// What is left of one block, as a value.
package struct BlockHealth: Hashable, Sendable {
    package let scheme: ErasureScheme
    /// Fragments that are there, by position.
    package let presentCount: Int

    package init(scheme: ErasureScheme, presentCount: Int) {
        self.scheme = scheme
        self.presentCount = presentCount
    }

    /// Suppliers that may still go before the block is lost; negative when it is.
    package var lossesTolerated: Int { presentCount - scheme.dataCount }

    package var isLost: Bool { lossesTolerated < 0 }
    package var isWhole: Bool { presentCount >= scheme.fragmentCount }
}

extension BlockHealth {
    /// The weakest of many blocks; `nil` when there is none.
    ///
    /// Each supplier holds at most one fragment of a block, so that the loss of a supplier costs a
    /// block at most one fragment and the weakest block speaks for all.
    package static func lossesTolerated(_ blocks: some Sequence<BlockHealth>) -> Int? {
        blocks.lazy.map(\.lossesTolerated).min()
    }
}
