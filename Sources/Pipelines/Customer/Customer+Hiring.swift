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
        try note(fired: try fired.union([supplier]))
        return found.record
    }

    func forgetFiring(of supplier: SupplierID) throws {
        let known = try fired
        if known.contains(supplier) { try note(fired: known.subtracting([supplier])) }
    }

    /// Suppliers that get no new blocks.
    var fired: Set<SupplierID> {
        get throws {
            let bytes = try catalog.setting(Customer.firedName) ?? []
            return Set(
                stride(from: 0, to: bytes.count, by: Bytes32.byteCount).compactMap { start in
                    Bytes32(bytes[start...].prefix(Bytes32.byteCount)).map(SupplierID.init)
                })
        }
    }

    private static let firedName = "fired suppliers"

    private func note(fired: Set<SupplierID>) throws {
        try catalog.set(Customer.firedName, to: fired.sorted().flatMap(\.bytes.array))
    }

    /// Suppliers that new blocks go to.
    func employed() throws -> [OpenSupplier] {
        let fired = try fired
        return suppliers.withLock { $0 }.filter { !fired.contains($0.record.id) }
    }

    /// Who asks suppliers for this customer.
    package var caller: SupplierCaller {
        SupplierCaller(certificate: certificate, device: owner.device)
    }
}
