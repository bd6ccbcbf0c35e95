internal import Catalogs
package import Model
internal import Synchronization

extension Customer {
    /// The schemes that blocks are stored with, and how many blocks each has; the most used first.
    package func storedSchemes() throws -> [(scheme: ErasureScheme, blockCount: Int)] {
        var counts: [ErasureScheme: Int] = [:]
        try catalog.forEachShape { count in
            counts[count.shape.scheme, default: 0] += count.blockCount
        }
        return counts.sorted {
            ($1.value, $0.key.dataCount, $0.key.parityCount)
                < ($0.value, $1.key.dataCount, $1.key.parityCount)
        }.map { ($0.key, $0.value) }
    }

    /// Suppliers that are known, there or not.
    package var supplierCount: Int { suppliers.withLock { $0.count } }
}
