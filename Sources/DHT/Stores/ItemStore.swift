package import Model

/// The items that this node keeps for others, for two hours after each `put`.
///
/// A lower sequence never replaces a higher one. A claim of a nickname is replaced by its claimant
/// alone: ``NicknameClaim``.
package struct ItemStore: Sendable {
    private struct Kept: Sendable {
        var item: Item
        var expires: UInt64
        var range: IPAddress
    }

    static let lifetime: UInt64 = 2 * 3600 * 1_000_000_000

    /// A full store looks for what has expired no oftener.
    private static let sweepInterval: UInt64 = 10_000_000_000

    private var kept: [NodeID: Kept] = [:]
    private var countByRange: [IPAddress: Int] = [:]
    private var nextSweep: UInt64 = 0
    private let countMax: Int

    package init(countMax: Int) {
        self.countMax = countMax
    }

    package var count: Int { kept.count }

    /// What is kept, by target, with the nanoseconds that are left; at most `countMax`.
    package func items(atMost countMax: Int, now: UInt64) -> [(item: Item, time: UInt64)] {
        kept.filter { $0.value.expires > now }.sorted { $0.key < $1.key }.prefix(countMax).map {
            ($0.value.item, $0.value.expires - now)
        }
    }

    package func item(at target: NodeID, now: UInt64) -> Item? {
        guard let found = kept[target], found.expires > now else { return nil }
        return found.item
    }

    /// Keeps an item whose signature was checked, or says why not.
    ///
    /// - Parameters:
    ///   - expected: the sequence that is to be replaced, when the writer names one.
    ///   - address: where it came from.
    package mutating func put(
        _ item: Item, expected: Int64?, from address: IPAddress, now: UInt64,
        verifier: any ItemVerifier
    ) -> KRPC.Refusal? {
        if let current = self.item(at: item.target, now: now), let old = current.ownership,
            let new = item.ownership
        {
            switch NicknameClaim.precedence(of: item, over: current, by: verifier) {
            case .keeps: return .sequenceTooLow
            case .replaces: return replace(with: item, from: address, now: now)
            case .bySequence: break
            }
            if let refusal = ItemStore.refusal(of: new, over: old, expected: expected) {
                return refusal
            }
            if new.sequence == old.sequence, item.value != current.value { return .sequenceTooLow }
        } else {
            guard makeRoom(for: address, now: now) else { return .server }
        }
        return replace(with: item, from: address, now: now)
    }

    private mutating func replace(
        with item: Item, from address: IPAddress, now: UInt64
    ) -> KRPC.Refusal? {
        if let old = kept[item.target] { uncount(old.range) }
        countByRange[address.range, default: 0] += 1
        kept[item.target] = Kept(
            item: item, expires: now + ItemStore.lifetime, range: address.range)
        return nil
    }

    /// The first sequence rule that `new` breaks.
    private static func refusal(
        of new: Item.Ownership, over old: Item.Ownership, expected: Int64?
    ) -> KRPC.Refusal? {
        if let expected, expected != old.sequence { return .sequenceMismatch }
        if new.sequence < old.sequence { return .sequenceTooLow }
        return nil
    }

    package mutating func expire(now: UInt64) {
        if kept.isEmpty { return }
        for (_, old) in kept where old.expires <= now { uncount(old.range) }
        kept = kept.filter { $0.value.expires > now }
    }

    private mutating func uncount(_ range: IPAddress) {
        let count = countByRange[range, default: 0] - 1
        countByRange[range] = count > 0 ? count : nil
    }

    private mutating func makeRoom(for address: IPAddress, now: UInt64) -> Bool {
        if kept.count >= countMax, nextSweep <= now {
            expire(now: now)
            nextSweep = now + ItemStore.sweepInterval
        }
        guard kept.count < countMax else { return false }
        return address.isLocal
            || countByRange[address.range, default: 0] < Limits.storedItemsPerRangeMax
    }
}
