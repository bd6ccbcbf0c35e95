package import Model

/// Suppliers that have stopped answering and that a command waits for.
package struct SupplierWait: Hashable, Sendable {
    /// In the family's order.
    package let suppliers: [SupplierRecord]
    /// When the command goes on without them at the latest, as the wall clock says.
    package let until: Timestamp

    package init(suppliers: [SupplierRecord], until: Timestamp) {
        self.suppliers = suppliers
        self.until = until
    }
}
