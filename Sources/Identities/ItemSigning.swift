/// Signatures of items in the DHT, whose bytes BEP 44 lays down: they have no label of ours.
///
/// What is signed begins with `4:salt` or `3:seq`, as no label does, so a signature of an item is
/// none of anything else, and none of anything else is one of an item.
extension SigningKey {
    /// Signs an item as it is.
    ///
    /// - Precondition: `bytes` are those of an item.
    /// - Throws: ``SigningError/signingRefused``.
    package func sign(item bytes: [UInt8]) throws(SigningError) -> Signature {
        precondition(ItemBytes.areThoseOfAnItem(bytes))
        return try sign(unlabelled: bytes)
    }
}

extension VerifyingKey {
    /// Whether `signature` was made over the item `bytes`.
    package func isValid(_ signature: Signature, ofItem bytes: [UInt8]) -> Bool {
        ItemBytes.areThoseOfAnItem(bytes) && isValid(signature, ofUnlabelled: bytes)
    }
}

private enum ItemBytes {
    static func areThoseOfAnItem(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: "4:salt".utf8) || bytes.starts(with: "3:seq".utf8)
    }
}
