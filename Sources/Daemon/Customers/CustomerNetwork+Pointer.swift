internal import DHT
internal import Model
package import Pipelines
internal import Suppliers

extension CustomerNetwork {
    /// Tells the DHT where the suppliers are, and leaves it to the node of this home to repeat it.
    ///
    /// - Returns: how many nodes of the DHT took it.
    @discardableResult
    package func publish(_ pointer: SealedPointer) async throws -> Int {
        let item = try PointerItem(pointer)
        try HomeFile.write(item.encoded, to: PointerItem.Kind.suppliers.path(home))
        let answers = await visit.perform([.put(item.item, expected: nil)])
        guard case .stored(let stored)? = answers.first else { return 0 }
        return stored.copyCount
    }

    /// Where the suppliers of a customer are, of whom nothing but the keys is left: by the pointer
    /// in the DHT, else by asking everybody in the network.
    package func findSuppliers(_ search: RecoverySearch) async throws -> [String] {
        if let address = try? PointerItem.address(signingSeed: search.signingSeed),
            case .item(let found)? = await visit.perform([.get(address, minimum: 0)]).first,
            let item = found.item, let sealed = PointerItem.sealed(in: item),
            let pointer = search.open(sealed), !pointer.nodes.isEmpty
        {
            return pointer.nodes.map(\.description)
        }
        return try await find(nil, as: search.caller).map(\.address.description)
    }

    private var visit: DHTVisit {
        DHTVisit(home: home, setting: setting, threads: threads, resolver: resolver)
    }
}
