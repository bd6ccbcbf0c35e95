package import Model

/// How it stands with one fragment: the best that can be said of any of its copies.
package enum FragmentState: Int, Comparable, Hashable, Sendable, CaseIterable {
    case lost
    /// Its supplier has been silent, but not for longer than grace.
    case doubtful
    /// It can be read, but should not stay: its supplier leaves, or holds another fragment of the
    /// block.
    case misplaced
    case stored

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What is left of one block and who has it, worked out from what is known of its suppliers.
package struct BlockAssessment: Hashable, Sendable {
    /// A copy of a fragment that the state speaks of.
    package struct Copy: Hashable, Sendable {
        package let supplier: SupplierID
        package let state: FragmentState
    }

    package let holdings: BlockHoldings
    /// The best copy of each position; `nil` when all are lost.
    package let best: [Copy?]
    /// Copies that are stored beyond the best of their position.
    package let spareCount: Int

    /// - Parameter grace: nanoseconds of silence after which a supplier counts as gone.
    package init(
        _ holdings: BlockHoldings, suppliers: [SupplierID: SupplierView], grace: UInt64
    ) {
        self.holdings = holdings
        var spares = 0
        var best: [Copy?] = []
        var taken: Set<SupplierID> = []
        for position in holdings.places.indices {
            var copies: [Copy] = []
            let named =
                (holdings.isHeld[position] ? [holdings.places[position]] : [])
                + holdings.spares.filter { $0.position == position }.map(\.supplier)
            for (index, supplier) in named.enumerated() where !named[..<index].contains(supplier) {
                let state = BlockAssessment.state(
                    suppliers[supplier], isTaken: taken.contains(supplier), grace: grace)
                copies.append(Copy(supplier: supplier, state: state))
            }
            // The first of equals: the place before the spares.
            let chosen = copies.max { $0.state < $1.state }
            if let chosen, chosen.state > .lost {
                best.append(chosen)
                taken.insert(chosen.supplier)
            } else {
                best.append(nil)
            }
            spares += max(0, copies.count { $0.state == .stored } - 1)
        }
        self.best = best
        self.spareCount = spares
    }

    private static func state(
        _ supplier: SupplierView?, isTaken: Bool, grace: UInt64
    ) -> FragmentState {
        guard let supplier else { return .lost }
        switch supplier.presence {
        case .answers:
            let goes = supplier.isLeaving || supplier.isDistrusted || isTaken
            return goes ? .misplaced : .stored
        case .silent(let silence):
            return supplier.isLeaving || silence > grace ? .lost : .doubtful
        }
    }

    package func state(_ position: Int) -> FragmentState { best[position]?.state ?? .lost }

    package func count(_ state: FragmentState) -> Int {
        best.indices.count { self.state($0) == state }
    }

    /// Positions that can be read now.
    package var readable: [Int] { best.indices.filter { state($0) >= .misplaced } }

    /// Suppliers that may go, whichever they are, before the block can no longer be read; negative
    /// by as many fragments as are missing now.
    package var lossesTolerated: Int {
        var holdingsPerSupplier: [SupplierID: Int] = [:]
        for position in readable {
            guard let copy = best[position] else { continue }
            holdingsPerSupplier[copy.supplier, default: 0] += 1
        }
        var left = readable.count
        guard left >= holdings.scheme.dataCount else { return left - holdings.scheme.dataCount }
        var tolerated = 0
        for count in holdingsPerSupplier.values.sorted(by: >) {
            left -= count
            guard left >= holdings.scheme.dataCount else { break }
            tolerated += 1
        }
        return tolerated
    }

    /// Fragments that are to be stored anew: lost, misplaced, or doubtful where none may be.
    package var missingCount: Int {
        RebuildPlanner.wanted(self).count { state($0) != .stored }
    }

    /// Whether it could be read again if all suppliers came back that do not answer now.
    package var returnsWithSilent: Bool {
        let held = holdings.places.indices.count { position in
            holdings.isHeld[position] || holdings.spares.contains { $0.position == position }
        }
        return held >= holdings.scheme.dataCount
    }

    /// Nothing to do: every fragment is where it belongs and stays.
    package var isWhole: Bool {
        best.indices.allSatisfy {
            state($0) == .stored && best[$0]?.supplier == holdings.places[$0]
        }
    }
}
