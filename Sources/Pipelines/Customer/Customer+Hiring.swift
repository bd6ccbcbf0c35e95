internal import Catalogs
package import Model
internal import Suppliers
internal import Synchronization

/// Who was taken into the family, and who was not.
package struct HiringReport: Sendable {
    package var hired: [SupplierRecord] = []
    package var failed: [(address: String, reason: String)] = []
}

extension Customer {
    /// Agrees on contracts with suppliers, all at once, and takes those into the family that sign,
    /// in the order given; one that does not is told and passed over.
    ///
    /// - Parameter addresses: of nodes, or paths of directories.
    package func hire(_ addresses: [String]) throws -> HiringReport {
        let outcomes = Mutex<[Int: Result<SupplierRecord?, any Error>]>([:])
        let threads = addresses.enumerated().map { index, address in
            WorkerThread { [self] in
                let outcome = Result { try add(address, creates: false) }
                outcomes.withLock { $0[index] = outcome }
            }
        }
        for thread in threads { thread.join() }
        var report = HiringReport()
        for (index, address) in addresses.enumerated() {
            switch outcomes.withLock({ $0[index] }) {
            case .success(let record?): report.hired.append(record)
            case .success(nil), nil: break
            case .failure(let error): report.failed.append((address, reasonText(error)))
            }
        }
        return report
    }

    /// Ends the use of a supplier: nothing new goes there. What it alone holds stays readable
    /// while it is there, and is given to others by a rebuild.
    ///
    /// - Throws: `BD-SUPPLIER-UNKNOWN`.
    package func fire(_ supplier: SupplierID) throws -> SupplierRecord {
        let open = suppliers.withLock { $0 }
        guard let found = open.first(where: { $0.record.id == supplier }) else {
            throw Failure(
                "BD-SUPPLIER-UNKNOWN", .usage, "\(supplier.short) is none of your suppliers",
                remedy: "`bitdust suppliers` lists them")
        }
        try catalog.removeSupplier(supplier)
        suppliers.withLock { open in open.removeAll { $0.record.id == supplier } }
        found.store?.close()
        return found.record
    }

    /// The family as it is now, asked for its usage.
    package var family: [SupplierState] {
        suppliers.withLock { $0 }.map { $0.state() }
    }
}
