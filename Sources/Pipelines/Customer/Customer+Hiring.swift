internal import Catalogs
package import Model
package import Suppliers
internal import Synchronization

/// Who was taken into the family, and who was not.
package struct HiringReport: Sendable {
    package var hired: [SupplierRecord] = []
    package var failed: [(address: String, reason: String)] = []
}

/// A supplier that is known, as far as the catalog knows it.
package struct FamilyRecord: Sendable {
    package let record: SupplierRecord
    /// It gets nothing new.
    package let isFired: Bool

    /// Whose node it is; `nil` for a directory.
    package var user: UserID? { NodeAddress(record.address)?.user }
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

    /// One of this customer's suppliers, also one that does not answer.
    ///
    /// - Parameter name: its address, or the first digits of its id, at least 4.
    /// - Throws: `BD-SUPPLIER-UNKNOWN` unless exactly one is called so.
    package func supplier(named name: String) throws -> SupplierRecord {
        let records = suppliers.withLock { $0.map(\.record) }
        let path = (try? Customer.absolute(Array(name.utf8))).map {
            String(decoding: $0, as: UTF8.self)
        }
        let matches = records.filter { record in
            record.address == name || path == place(of: record)
                || (name.utf8.count >= 4 && record.id.description.hasPrefix(name.lowercased()))
        }
        guard matches.count == 1 else {
            let shown = displayText(name.utf8)
            throw Failure(
                "BD-SUPPLIER-UNKNOWN", .usage,
                matches.isEmpty
                    ? "\(shown) is none of your suppliers"
                    : "\(matches.count) of your suppliers are called \(shown)",
                remedy: "`bitdust suppliers` lists them: give an address, or digits of an id")
        }
        return matches[0]
    }

    /// Ends the use of a supplier for new blocks, or takes that back. What one that leaves holds is
    /// read and counted as before, until it is rebuilt elsewhere; hiring it again takes it back
    /// too.
    package func setLeaving(_ isLeaving: Bool, _ supplier: SupplierID) throws {
        var state =
            try catalog.supplierStates().first { $0.supplier == supplier }
            ?? SupplierStateRow(supplier)
        guard state.isLeaving != isLeaving else { return }
        state.isLeaving = isLeaving
        try catalog.record([state])
    }

    /// How many fragments each supplier has signed for.
    func fragmentCounts() throws -> [SupplierID: Int] {
        var counts: [SupplierID: Int] = [:]
        try catalog.forEachShape { count in
            for (place, isHeld) in zip(count.shape.places, count.shape.isHeld) where isHeld {
                counts[place, default: 0] += count.blockCount
            }
        }
        return counts
    }

    /// Fragments of the widest block.
    func widestBlock() throws -> Int {
        var widest = 0
        try catalog.forEachShape { widest = max(widest, $0.shape.scheme.fragmentCount) }
        return widest
    }

    /// How many fragments a supplier has signed for.
    package func fragmentCount(of supplier: SupplierID) throws -> UInt64 {
        UInt64(try fragmentCounts()[supplier] ?? 0)
    }

    /// Suppliers that get no new blocks, and whose fragments move away.
    var fired: Set<SupplierID> {
        get throws { Set(try catalog.supplierStates().filter(\.isLeaving).map(\.supplier)) }
    }

    /// Those, and who has said that it leaves.
    var leaving: Set<SupplierID> {
        get throws {
            Set(
                try catalog.supplierStates().filter { $0.isLeaving || $0.notice != nil }
                    .map(\.supplier))
        }
    }

    /// What was chosen for the family with `--to`; `nil` before that.
    package func supplierChoice() throws -> String? {
        try catalog.setting(Customer.choiceName).map { String(decoding: $0, as: UTF8.self) }
    }

    package func note(supplierChoice text: String) throws {
        try catalog.set(Customer.choiceName, to: Array(text.utf8))
    }

    /// Whether suppliers may be hired whom its owner did not name: neither `--to friends` nor a
    /// list was said.
    package func takesStrangers() throws -> Bool {
        let choice = try supplierChoice()
        return choice == nil || choice == "network"
    }

    /// What a machine that recovers should know of the owner's friends, as the node writes it; too
    /// much of it is not kept.
    package func note(friends: [UInt8]) throws {
        guard friends.count <= Limits.noteLengthMax,
            try catalog.setting(OwnerNote.friends) != friends
        else { return }
        try catalog.set(OwnerNote.friends, to: friends)
    }

    /// What was noted of the owner's friends, here or on another machine.
    package func notedFriends() throws -> [UInt8]? { try catalog.setting(OwnerNote.friends) }

    private static let choiceName = OwnerNote.supplierChoice

    /// All suppliers that are known, without asking them anything.
    package func familyMembers() throws -> [FamilyRecord] {
        let fired = try fired
        return suppliers.withLock { $0 }.map {
            FamilyRecord(record: $0.record, isFired: fired.contains($0.record.id))
        }
    }

    /// Users whose nodes were hired at some time and are known still, fired ones too.
    package func familyUsers() throws -> [UserID] {
        suppliers.withLock { $0 }.compactMap { NodeAddress($0.record.address)?.user }
    }

    /// Suppliers that new blocks go to: neither given up nor about to leave.
    func employed() throws -> [OpenSupplier] {
        let leaving = try leaving
        return suppliers.withLock { $0 }.filter { !leaving.contains($0.record.id) }
    }

    /// Who asks suppliers for this customer.
    package var caller: SupplierCaller {
        SupplierCaller(certificate: certificate, device: owner.device)
    }
}
