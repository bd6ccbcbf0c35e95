internal import Catalogs
package import Model
package import Suppliers
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
        let outcomes = inParallel(addresses) { [self] address in
            (address, Result { try add(address, creates: false) })
        }
        var report = HiringReport()
        for (address, outcome) in outcomes {
            switch outcome {
            case .success(let record?): report.hired.append(record)
            case .success(nil): break
            case .failure(let error): report.failed.append((address, reasonText(error)))
            }
        }
        return report
    }

    /// Ends the use of a supplier for new blocks. What it holds is read and counted as before,
    /// until it is rebuilt elsewhere; hiring it again takes this back.
    ///
    /// - Throws: `BD-SUPPLIER-UNKNOWN`.
    @discardableResult
    package func fire(_ supplier: SupplierID) throws -> SupplierRecord {
        let found = suppliers.withLock { $0.first { $0.record.id == supplier } }
        guard let found else {
            throw Failure(
                "BD-SUPPLIER-UNKNOWN", .usage, "\(supplier.short) is none of your suppliers",
                remedy: "`bitdust suppliers` lists them")
        }
        try note(supplier, isLeaving: true)
        return found.record
    }

    func forgetFiring(of supplier: SupplierID) throws {
        guard try fired.contains(supplier) else { return }
        try note(supplier, isLeaving: false)
    }

    /// Suppliers that get no new blocks, and whose fragments move away.
    var fired: Set<SupplierID> {
        get throws { Set(try catalog.supplierStates().filter(\.isLeaving).map(\.supplier)) }
    }

    private func note(_ supplier: SupplierID, isLeaving: Bool) throws {
        var state =
            try catalog.supplierStates().first { $0.supplier == supplier }
            ?? SupplierStateRow(supplier)
        state.isLeaving = isLeaving
        try catalog.record([state])
    }

    /// Suppliers that new blocks go to.
    func employed() throws -> [OpenSupplier] {
        let fired = try fired.union(notices().keys)
        return suppliers.withLock { $0 }.filter { !fired.contains($0.record.id) }
    }

    /// Who asks suppliers for this customer.
    package var caller: SupplierCaller {
        SupplierCaller(certificate: certificate, device: owner.device)
    }
}
