internal import DHT
package import Identities
package import Model

/// Signatures that cost next to nothing and that anybody could forge: for networks of thousands of
/// nodes whose hostile ones are told not to.
package struct CheapVerifier: ItemVerifier {
    package init() {}

    package func isValid(_ signature: Signature, of bytes: [UInt8], key: Bytes32) -> Bool {
        signature == CheapSigner(itemKey: key).signature(of: bytes)
    }
}

/// Signs for ``CheapVerifier``.
package struct CheapSigner: ItemSigner {
    package let itemKey: Bytes32

    package init(itemKey: Bytes32) {
        self.itemKey = itemKey
    }

    package func sign(item bytes: [UInt8]) throws(SigningError) -> Signature {
        guard let signature = signature(of: bytes) else { throw .signingRefused }
        return signature
    }

    func signature(of bytes: [UInt8]) -> Signature? {
        let tag = SipHash(key: (itemKey.words.0, itemKey.words.1))(bytes)
        let half = Bytes32(words: (tag, tag ^ itemKey.words.2, tag ^ itemKey.words.3, 0))
        return Signature(half.array + half.array)
    }
}
