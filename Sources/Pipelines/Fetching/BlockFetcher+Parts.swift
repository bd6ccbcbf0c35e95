internal import Hashing
internal import Model
internal import Suppliers

extension BlockFetcher {
    /// Gets a part of the sealed block from its data fragments alone, each piece proved against the
    /// root of its fragment.
    ///
    /// - Parameter ranges: of the sealed block.
    /// - Returns: false when that does not go well, or not soon; the whole block may.
    func fetch(
        _ ranges: [Range<Int>], of descriptor: BlockDescriptor, into stripe: PageBuffer
    ) -> Bool {
        let pieces = BlockFetcher.pieces(ranges, of: descriptor)
        let suppliers = pieces.map { descriptor.places[$0.position].supplier }
        let known = patience.silent.union(
            times.slow(among: descriptor.places.map(\.supplier)))
        guard known.isDisjoint(with: suppliers) else { return false }
        let race = FragmentRace(
            Array(pieces.indices), needed: pieces.count,
            length: pieces.map(\.range.count).max() ?? 1, isHasty: true, recycler: recycler
        ) { [self] index, target, cancellation in
            readProved(
                pieces[index], of: descriptor,
                into: UnsafeMutableRawBufferPointer(rebasing: target[..<pieces[index].range.count]),
                cancellation)
        }
        return race.run(
            patience: { times.patience(suppliers[$0]) },
            place: { index in
                let start = pieces[index].position * descriptor.fragmentLength
                let range = pieces[index].range
                return stripe[start + range.lowerBound..<start + range.upperBound]
            }, late: { times.note(suppliers[$0], nanoseconds: $1) }
        ).count == pieces.count
    }

    private func readProved(
        _ piece: (position: Int, range: Range<Int>), of descriptor: BlockDescriptor,
        into target: UnsafeMutableRawBufferPointer, _ cancellation: RequestCancellation
    ) -> Bool {
        let place = descriptor.places[piece.position]
        let outcome = ask(place, cancellation) { (store) throws(StoreError) in
            guard let remote = store as? RemoteFragmentStore else { return false }
            try remote.getProved(
                place.fragment, of: user, range: piece.range, length: descriptor.fragmentLength,
                into: target, cancellation: cancellation)
            return true
        }
        return outcome == .good
    }

    /// The whole leaves of the data fragments that hold ranges of the sealed block; pieces of one
    /// fragment that touch are one.
    static func pieces(
        _ ranges: [Range<Int>], of descriptor: BlockDescriptor
    ) -> [(position: Int, range: Range<Int>)] {
        let length = descriptor.fragmentLength
        var pieces: [(position: Int, range: Range<Int>)] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
            for position in range.lowerBound / length...(range.upperBound - 1) / length {
                let start = position * length
                let part = range.clamped(to: start..<start + length)
                let leaves = RangeProof.provableRange(
                    holding: part.lowerBound - start..<part.upperBound - start, length: length)
                if let last = pieces.last, last.position == position,
                    last.range.upperBound >= leaves.lowerBound
                {
                    pieces[pieces.count - 1].range =
                        last.range.lowerBound..<max(last.range.upperBound, leaves.upperBound)
                } else {
                    pieces.append((position, leaves))
                }
            }
        }
        return pieces
    }
}
