internal import Catalogs
internal import Glibc
internal import Identities
package import Model
internal import Sealing
internal import Suppliers
internal import Synchronization

/// A supplier of the family, opened for one command.
struct OpenSupplier: Sendable {
    let record: SupplierRecord
    /// `nil` when it cannot be used.
    let store: (any FragmentStore)?
    /// Why it cannot.
    let failure: (any Error)?
}

/// The suppliers that a backup goes to.
package struct SuppliersSummary: Sendable {
    package var records: [SupplierRecord]
    /// The embedded network was made just now.
    package var created: Bool
    /// All of them are directories of one file system: it protects against mistakes, not against
    /// the loss of that disk.
    package var sharesOneDisk: Bool
}

extension Customer {
    /// Suppliers of the embedded network.
    static let embeddedSupplierCount = 4

    /// Uses these directories as suppliers from now on, beside those that are known; without any,
    /// the known ones, or the embedded network when none is known.
    package func useSuppliers(_ directories: [[UInt8]]?) throws -> SuppliersSummary {
        let isFirst = suppliers.withLock { $0.isEmpty }
        var wanted = directories ?? []
        if wanted.isEmpty && isFirst {
            wanted = (1...Customer.embeddedSupplierCount).map { home.supplier($0) }
        }
        for directory in wanted { try addSupplier(at: try Customer.absolute(directory)) }
        let records = suppliers.withLock { $0.map(\.record) }
        return SuppliersSummary(
            records: records, created: isFirst && directories == nil,
            sharesOneDisk: shareOneDisk(records))
    }

    /// Opens the suppliers that the catalog knows; one that cannot be opened is kept with its
    /// error.
    func openKnownSuppliers() throws {
        let records = try catalog.suppliers()
        let open = records.map { record in
            do {
                let store = try openStore(at: path(of: record), creates: false)
                guard store.supplier == record.id else { throw OtherSupplier() }
                return OpenSupplier(record: record, store: store, failure: nil)
            } catch {
                return OpenSupplier(record: record, store: nil, failure: error)
            }
        }
        suppliers.withLock { $0 = open }
    }

    private func addSupplier(at directory: [UInt8]) throws {
        let address = address(of: directory)
        let known = suppliers.withLock { $0 }
        if known.contains(where: { $0.record.address == address && $0.store != nil }) { return }
        let store: any FragmentStore
        do {
            store = try openStore(at: directory, creates: true)
        } catch {
            throw Failure(
                "BD-SUPPLIER", .cannotCreate,
                "\(displayText(directory)) cannot be used as a supplier",
                cause: reasonText(error),
                remedy: "name an empty directory, or one that a supplier has used")
        }
        let record = SupplierRecord(id: store.supplier, address: address)
        try catalog.record(record)
        suppliers.withLock { open in
            open.removeAll { $0.record.id == record.id }
            open.append(OpenSupplier(record: record, store: store, failure: nil))
        }
    }

    /// Opens a supplier and sees to it that a contract is in force.
    ///
    /// - Parameter creates: makes it when there is none; the directories above it too.
    func openStore(at directory: [UInt8], creates: Bool) throws -> any FragmentStore {
        let path = String(decoding: directory, as: UTF8.self)
        let device = owner.device.publicKey.deviceID
        let connection = try adapters.suppliers.connect(
            to: path, as: PeerIdentity(user: owner.user, device: device), creates: creates)
        let store = RemoteFragmentStore(
            supplier: connection.supplier, user: owner.user, channel: connection.channel,
            time: adapters.time)
        do {
            try agree(with: store)
        } catch StoreError.readOnly {
            // It still gives back what it holds.
        } catch {
            store.close()
            throw error
        }
        return store
    }

    /// Proposes a contract unless the one in force is what this machine needs. What other machines
    /// of the identity have in it stays.
    private func agree(with store: some FragmentStore) throws {
        let kept = try store.contract(of: owner.user)
        var certificates = kept?.certificates ?? []
        let isKnown = certificates.contains(machine.certificate)
        if let kept, kept.sequence > 0, kept.quota == Limits.embeddedCapacity, isKnown { return }
        if !isKnown {
            // Without room for one more the oldest machine's goes; it proposes its own again.
            certificates = certificates.suffix(Contract.certificateCountMax - 1)
            certificates.append(machine.certificate)
        }
        try store.admit(
            Contract(
                supplier: store.supplier, owner: owner.user,
                identityKey: machine.identityPublicKey, quota: Limits.embeddedCapacity,
                sequence: (kept?.sequence ?? 0) + 1, certificates: certificates,
                signedBy: owner.device))
    }

    static func absolute(_ path: [UInt8]) throws -> [UInt8] {
        if path.first == UInt8(ascii: "/") { return path }
        guard let working = getcwd(nil, 0) else {
            throw Failure("BD-NO-SOURCE", .failed, "The working directory is gone")
        }
        defer { free(working) }
        return joinPath(Array(String(cString: working).utf8), path)
    }

    /// Where a supplier is: what lies in the home is named from there, so that a home can move.
    func path(of record: SupplierRecord) -> [UInt8] {
        let address = Array(record.address.utf8)
        return address.first == UInt8(ascii: "/") ? address : joinPath(home.path, address)
    }

    func address(of directory: [UInt8]) -> String {
        let prefix = home.path + [UInt8(ascii: "/")]
        let isInside = directory.starts(with: prefix)
        return String(
            decoding: isInside ? directory.dropFirst(prefix.count) : directory[...], as: UTF8.self)
    }

    /// The known suppliers are directories of one file system.
    package var suppliersShareOneDisk: Bool {
        shareOneDisk(suppliers.withLock { $0.map(\.record) })
    }

    private func shareOneDisk(_ records: [SupplierRecord]) -> Bool {
        var devices: Set<UInt64> = []
        for record in records {
            var status = stat()
            guard path(of: record).withPath({ stat($0, &status) }) == 0 else { return false }
            devices.insert(UInt64(status.st_dev))
        }
        return records.count > 1 && devices.count == 1
    }

    // MARK: Heads

    /// Puts a head on every supplier that can be reached.
    func publishHead(_ head: Head) throws {
        let open = suppliers.withLock { $0 }
        var failures: [any Error] = []
        var stored = 0
        for supplier in open {
            guard let store = supplier.store else { continue }
            do {
                try store.putHead(head)
                stored += 1
            } catch {
                failures.append(error)
            }
        }
        guard stored > 0 else {
            throw Failure(
                "BD-HEAD", .tooFewSuppliers, "No supplier took the new head of the catalog",
                cause: failures.first.map(reasonText),
                remedy: "run the command again when suppliers can be reached: all data is stored")
        }
        try catalog.setPublished(sequence: head.sequence)
    }

    /// A head that a killed command had written but not sent is sent now.
    func publishPendingHead() throws {
        guard let newest = try catalog.newestHead(), !newest.isPublished else { return }
        if suppliers.withLock({ $0.contains { $0.store != nil } }) {
            try publishHead(newest.head)
        }
    }
}

/// The directory holds another supplier than the one that was there.
struct OtherSupplier: Error, CustomStringConvertible {
    var description: String { "another supplier is in its directory" }
}
