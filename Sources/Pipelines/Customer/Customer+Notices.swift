internal import Catalogs
package import Model
internal import Suppliers
internal import Synchronization

extension Customer {
    private static let noticesName = "supplier notices"

    /// Suppliers that have said that they leave, and when: seconds since 1970.
    ///
    /// ```
    /// for each: id 32, end 8
    /// ```
    package func notices() throws -> [SupplierID: Int64] {
        let bytes = try catalog.setting(Customer.noticesName) ?? []
        var reader = ByteReader(bytes, format: Customer.noticesName)
        var found: [SupplierID: Int64] = [:]
        do {
            while reader.remainingByteCount > 0 {
                found[try reader.identifier()] = try reader.integer()
            }
        } catch {
            return [:]
        }
        return found
    }

    /// Asks all suppliers whether they leave; one that does not answer has said what it said last.
    @discardableResult
    package func noteNotices() throws -> [SupplierID: Int64] {
        let before = try notices()
        let open = suppliers.withLock { $0 }
        let user = owner.user
        let answers = inParallel(open) { supplier -> (SupplierID, Int64??) in
            guard let store = supplier.store as? RemoteFragmentStore else {
                return (supplier.record.id, nil)
            }
            do {
                return (supplier.record.id, .some(try store.notice(of: user)))
            } catch {
                return (supplier.record.id, nil)
            }
        }
        var now: [SupplierID: Int64] = [:]
        for (supplier, answer) in answers {
            switch answer {
            case .some(let end): now[supplier] = end
            case nil: now[supplier] = before[supplier]
            }
        }
        guard now != before else { return now }
        var writer = ByteWriter()
        for (supplier, end) in now.sorted(by: { $0.key < $1.key }) {
            writer.identifier(supplier)
            writer.integer(end)
        }
        try catalog.set(Customer.noticesName, to: writer.bytes)
        return now
    }
}
