internal import Catalogs
package import Model
internal import Sealing
package import Suppliers
internal import Synchronization

/// A ``SupplierPointer`` as it leaves the machine: sealed, with the key that signs it.
package struct SealedPointer: Sendable {
    /// Of an Ed25519 key, RFC 8032.
    package let signingSeed: SecretBytes
    /// That of the head.
    package let sequence: UInt64
    package let bytes: [UInt8]
}

/// What a new machine has to find its suppliers with.
package struct RecoverySearch: Sendable {
    package let caller: SupplierCaller
    /// Of the key that pointers are signed with.
    package let signingSeed: SecretBytes
    private let keys: RepositoryKeys

    init(caller: SupplierCaller, keys: RepositoryKeys) {
        self.caller = caller
        self.keys = keys
        signingSeed = keys.pointerSigning
    }

    /// The nodes that a sealed pointer names; `nil` for what was not sealed for this customer.
    package func open(_ sealed: [UInt8]) -> SupplierPointer? {
        guard let layout = SealLayout(sealedLength: sealed.count),
            let plain = try? keys.pointerSealer.open(
                sealed,
                context: SealContext(
                    kind: .pointer, repository: keys.repository,
                    plaintextLength: layout.plaintextLength
                ).bytes)
        else { return nil }
        return try? SupplierPointer(plain)
    }
}

extension Customer {
    /// Where the suppliers are, for the DHT; `nil` without suppliers in the network or a head.
    package func pointer() throws -> SealedPointer? {
        let nodes = suppliers.withLock { $0 }.compactMap { NodeAddress($0.record.address) }
        guard !nodes.isEmpty, let newest = try catalog.newestHead() else { return nil }
        let sequence = newest.head.sequence
        let plain = SupplierPointer(headSequence: sequence, nodes: nodes).encoded()
        let context = SealContext(
            kind: .pointer, repository: owner.keys.repository, plaintextLength: plain.count)
        let sealed = try owner.keys.pointerSealer.seal(
            plain, random: adapters.random, context: context.bytes)
        return SealedPointer(
            signingSeed: owner.keys.pointerSigning, sequence: sequence, bytes: sealed)
    }

    /// The line of a key file that says where suppliers were when it was written; empty without
    /// suppliers in the network.
    func supplierHint() -> String {
        let nodes = suppliers.withLock { $0 }.map(\.record.address)
            .filter { NodeAddress.isOne($0) }.prefix(Limits.keyFileSupplierCountMax)
        return nodes.isEmpty ? "" : "Suppliers: " + nodes.joined(separator: " ") + "\n"
    }

    /// The addresses in a key file's line.
    static func supplierHints(in keyFile: [UInt8]) -> [String] {
        let lines = String(decoding: keyFile, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard let line = lines.first(where: { $0.hasPrefix("Suppliers: ") }) else { return [] }
        return line.dropFirst("Suppliers: ".count).split(separator: " ").map(String.init)
            .filter { NodeAddress($0) != nil }
    }
}
