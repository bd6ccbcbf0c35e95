internal import Glibc
internal import Model
internal import Placement
internal import Suppliers

extension SupplierRecord {
    /// For people: a directory, or a node by the start of its id.
    var place: String { NodeAddress(address).map { "node \($0.user.short)" } ?? address }
}

extension Failure {
    static func suppliersMissing(_ open: [OpenSupplier], need: Int) -> Failure {
        let offline = open.filter { $0.store == nil }
        let reasons = offline.map { supplier in
            "\(supplier.record.place): \(supplier.failure.map(reasonText) ?? "offline")"
        }
        return Failure(
            "BD-TOO-FEW-SUPPLIERS", .tooFewSuppliers,
            "\(open.count - offline.count) of \(countText(open.count, "supplier")) can be used, "
                + "a backup needs \(need)",
            cause: reasons.joined(separator: "; "),
            remedy: "bring them back, or add others: `bitdust hire`, --suppliers DIR,...")
    }

    init(_ error: PlacementError) {
        switch error {
        case .noSuppliers:
            self.init(
                "BD-TOO-FEW-SUPPLIERS", .tooFewSuppliers, "There are no suppliers",
                remedy: "name some with --suppliers DIR,...")
        case .tooFewSuppliers(let have, let need):
            self.init(
                "BD-TOO-FEW-SUPPLIERS", .tooFewSuppliers,
                "This needs \(countText(need, "supplier")) and has \(have)",
                remedy: "add suppliers with --suppliers DIR,... or ask for a smaller scheme")
        }
    }

    static func nothingReadable(_ problems: [SourceProblem]) -> Failure {
        Failure(
            "BD-NOTHING-READ", .failed, "Nothing could be read, so there is no snapshot",
            cause: problems.first.map { "\(displayText($0.path)): \($0.reason)" },
            remedy: "check the permissions of the source")
    }

    /// What a person is told when blocks could not be stored.
    init(_ error: StoringError) {
        switch error {
        case .tooFewReceipts(let have, let need, let causes):
            let status = Failure.status(causes)
            self.init(
                status == .quotaExceeded ? "BD-NO-SPACE" : "BD-TOO-FEW-SUPPLIERS", status,
                "A block got \(countText(have, "receipt")) and needs \(need), so there is no new "
                    + "snapshot",
                cause: causes.first.map(reasonText),
                remedy: "mend the suppliers (see `bitdust status`) and run the backup again: "
                    + "what is stored is not sent twice")
        }
    }

    private static func status(_ causes: [any Error]) -> ExitStatus {
        for cause in causes {
            switch cause {
            case is FullDisk, StoreError.diskFull, StoreError.quotaExceeded,
                StoreError.capacityExceeded:
                return .quotaExceeded
            default: continue
            }
        }
        return .tooFewSuppliers
    }
}
