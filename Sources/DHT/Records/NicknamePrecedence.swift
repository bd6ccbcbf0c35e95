internal import Model

extension NicknameClaim {
    /// What a node that keeps items does with a second item at one place.
    enum Precedence {
        case keeps
        case replaces
        /// Neither is a claim: as BEP 44 says.
        case bySequence
    }

    /// Whether `new` may stand in the place of `old`.
    static func precedence(
        of new: Item, over old: Item, by verifier: any ItemVerifier
    ) -> Precedence {
        guard mayBeClaim(old) || mayBeClaim(new) else { return .bySequence }
        switch (NicknameClaim(old), NicknameClaim(new)) {
        case (nil, nil): return .bySequence
        case (.some, nil): return .keeps
        case (nil, .some): return .replaces
        case (.some(let one), .some(let other)):
            if one.claimant != other.claimant { return .keeps }
            return .bySequence
        }
    }

    /// A glance that spares other items the cost of reading: `d1:c32:`.
    private static func mayBeClaim(_ item: Item) -> Bool {
        item.ownership?.salt.isEmpty == true && item.value.starts(with: "d1:c32:".utf8)
    }
}
