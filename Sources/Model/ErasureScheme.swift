/// How one block is coded: `dataCount` data fragments and `parityCount` parity fragments, any
/// `dataCount` of which give the block back. Written `k+m`, as in `10+6`.
package struct ErasureScheme: Hashable, Sendable, CustomStringConvertible {
    package let dataCount: Int
    package let parityCount: Int

    /// `nil` unless `dataCount >= 1`, `parityCount >= 0` and their sum is at most 255.
    package init?(dataCount: Int, parityCount: Int) {
        guard (1...Limits.fragmentCountMax).contains(dataCount),
            (0...Limits.fragmentCountMax).contains(parityCount),
            dataCount + parityCount <= Limits.fragmentCountMax
        else { return nil }
        self.dataCount = dataCount
        self.parityCount = parityCount
    }

    /// Reads `10+6`; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "+", omittingEmptySubsequences: false)
        guard parts.count == 2, let data = ErasureScheme.number(parts[0]),
            let parity = ErasureScheme.number(parts[1])
        else { return nil }
        self.init(dataCount: data, parityCount: parity)
    }

    package var fragmentCount: Int { dataCount + parityCount }
    package var description: String { "\(dataCount)+\(parityCount)" }

    /// Bytes of each fragment of a block of `sealedLength` bytes: a `dataCount`-th of it, rounded
    /// up to whole pages so that every fragment of an aligned buffer is aligned.
    package func fragmentLength(sealedLength: Int) -> Int {
        let page = Limits.pageLength
        let share = (sealedLength + dataCount - 1) / dataCount
        return (share + page - 1) / page * page
    }

    /// The scheme for as many suppliers as there are: 1 `1+0`, 2 `1+1`, 3 `2+1`, 4 `2+2`, ... and
    /// `8+12` from 20 on. `nil` without suppliers.
    package static func automatic(supplierCount: Int) -> ErasureScheme? {
        guard supplierCount >= 1 else { return nil }
        if supplierCount >= 20 { return ErasureScheme(dataCount: 8, parityCount: 12) }
        let dataCount = min(8, (supplierCount + 1) / 2)
        return ErasureScheme(dataCount: dataCount, parityCount: supplierCount - dataCount)
    }

    /// The scheme that uses all suppliers and survives the loss of `lossCount` of them.
    package static func surviving(_ lossCount: Int, supplierCount: Int) -> ErasureScheme? {
        guard (0...Limits.fragmentCountMax).contains(lossCount), supplierCount > lossCount else {
            return nil
        }
        return ErasureScheme(dataCount: supplierCount - lossCount, parityCount: lossCount)
    }

    private static func number(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }
}
