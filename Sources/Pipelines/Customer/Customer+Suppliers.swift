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
    /// Seconds that its clock is ahead of ours; `nil` when it is not known.
    var clockAhead: Int64?
    /// Nanoseconds that a short question took; `nil` when none was asked.
    var latency: UInt64?
    /// When it got its first contract, if that was now: uptime in nanoseconds.
    var hired: UInt64?

    /// Whether nothing of this identity can be there yet, by any of its machines.
    func isEmpty(at now: UInt64) -> Bool {
        hired.map { now <= $0 + Limits.offerAgeMax } ?? false
    }
}

/// A supplier with which a contract is in force.
struct AgreedSupplier {
    let store: any FragmentStore
    /// Where it was found.
    let place: String
    let clockAhead: Int64?
    let latency: UInt64?
    /// When it got its first contract, if that was now.
    let hired: UInt64?
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
        if wanted.isEmpty { wanted = missingEmbedded() }
        for directory in wanted { try addSupplier(at: try Customer.absolute(directory)) }
        let records = suppliers.withLock { $0.map(\.record) }
        return SuppliersSummary(
            records: records, created: isFirst && directories == nil,
            sharesOneDisk: shareOneDisk(records))
    }

    /// The suppliers of the embedded network that are still to be made: all of them when none is
    /// known, and the rest where the command that began it was killed.
    private func missingEmbedded() -> [[UInt8]] {
        let all = (1...Customer.embeddedSupplierCount).map { home.supplier($0) }
        let known = suppliers.withLock { $0 }.map { directory(of: $0.record) }
        guard known.allSatisfy({ $0.map(all.contains) ?? false }) else { return [] }
        return all.filter { !known.contains($0) }
    }

    /// Opens the suppliers that the catalog knows, all at once, since one that is away takes its
    /// time to show it; one that cannot be opened is kept with its error.
    func openKnownSuppliers() throws {
        let records = try catalog.suppliers()
        let found = inParallel(records) { [self] in openKnown($0) }
        for (old, new) in zip(records, found) where old != new.record {
            try catalog.record(new.record)
        }
        suppliers.withLock { $0 = found }
    }

    func openKnown(_ record: SupplierRecord) -> OpenSupplier {
        do {
            let agreed = try openStore(at: place(of: record), creates: false)
            guard agreed.store.supplier == record.id else {
                agreed.store.close()
                throw OtherSupplier()
            }
            return opened(agreed)
        } catch {
            return OpenSupplier(record: record, store: nil, failure: error)
        }
    }

    func opened(_ agreed: AgreedSupplier) -> OpenSupplier {
        OpenSupplier(
            record: SupplierRecord(id: agreed.store.supplier, address: address(of: agreed.place)),
            store: agreed.store, failure: nil, clockAhead: agreed.clockAhead,
            latency: agreed.latency, hired: agreed.hired)
    }

    private func addSupplier(at directory: [UInt8]) throws {
        do {
            try add(String(decoding: directory, as: UTF8.self), creates: true)
        } catch let error as Failure {
            throw error
        } catch {
            throw Failure(
                "BD-SUPPLIER", .cannotCreate,
                "\(displayText(directory)) cannot be used as a supplier",
                cause: reasonText(error),
                remedy: "name an empty directory, or one that a supplier has used")
        }
    }

    /// Takes a supplier into the family: a contract with it is in force then.
    ///
    /// - Parameter place: an absolute path, or the address of a node.
    @discardableResult
    func add(_ place: String, creates: Bool) throws -> SupplierRecord? {
        let address = address(of: place)
        let known = suppliers.withLock { $0 }.first {
            $0.record.address == address && $0.store != nil
        }
        if let known {
            try setLeaving(false, known.record.id)
            return nil
        }
        let new = opened(try openStore(at: place, creates: creates))
        let record = new.record
        try catalog.record(record)
        try setLeaving(false, record.id)
        suppliers.withLock { open in
            let old = open.firstIndex { $0.record.id == record.id }
            if let old { open[old] = new } else { open.append(new) }
        }
        return record
    }

    /// Opens a supplier and sees to it that a contract is in force.
    ///
    /// - Parameter creates: makes it when there is none; the directories above it too.
    /// - Parameter isNew: whether a node of the network that we have no contract with gets one.
    func openStore(
        at place: String, creates: Bool, isNew: Bool = true
    ) throws -> AgreedSupplier {
        let connection = try adapters.suppliers.connect(
            to: place, as: SupplierCaller(certificate: certificate, device: owner.device),
            creates: creates)
        let store = RemoteFragmentStore(
            supplier: connection.supplier, user: owner.user, channel: connection.channel,
            time: adapters.time)
        var hired: UInt64?
        do {
            let kept =
                if case .told(let contract) = connection.contract { contract } else {
                    try store.contract(of: owner.user)
                }
            if !isNew, NodeAddress.isOne(place), kept == nil { throw NothingHeld() }
            if kept == nil { hired = adapters.time.uptime }
            let quota = Customer.quota(at: place)
            do {
                try agree(with: store, quota: quota, after: kept)
            } catch StoreError.staleContract {
                // Another machine of the identity has agreed on one since.
                try agree(with: store, quota: quota, after: store.contract(of: owner.user))
            }
        } catch StoreError.readOnly {
            // It still gives back what it holds.
        } catch {
            store.close()
            throw error
        }
        return AgreedSupplier(
            store: store, place: connection.newAddress ?? place,
            clockAhead: connection.clockAhead, latency: connection.latency, hired: hired)
    }

    /// Proposes a contract unless the one in force is what this machine needs. What other machines
    /// of the identity have in it stays.
    private func agree(
        with store: some FragmentStore, quota: Int, after kept: Contract?
    ) throws {
        var certificates = kept?.certificates ?? []
        let isKnown = certificates.contains(machine.certificate)
        // What a supplier of the network has agreed to stands until more is needed.
        let isEnough = quota == Limits.embeddedCapacity ? kept?.quota == quota : true
        if let kept, kept.sequence > 0, isEnough, isKnown { return }
        if !isKnown {
            // Without room for one more the oldest machine's goes; it proposes its own again.
            certificates = certificates.suffix(Contract.certificateCountMax - 1)
            certificates.append(machine.certificate)
        }
        let wanted = max(kept?.quota ?? 0, quota)
        do {
            try propose(wanted, to: store, after: kept, certificates)
        } catch StoreError.contractRefused(let quotaMax)
            where quotaMax >= max(Limits.networkQuotaMin, kept?.quota ?? 0)
        {
            try propose(min(wanted, quotaMax), to: store, after: kept, certificates)
        }
    }

    private func propose(
        _ quota: Int, to store: any FragmentStore, after kept: Contract?, _ certificates: [[UInt8]]
    ) throws {
        try store.admit(
            Contract(
                supplier: store.supplier, owner: owner.user,
                identityKey: machine.identityPublicKey, quota: quota,
                sequence: (kept?.sequence ?? 0) + 1, certificates: certificates,
                signedBy: owner.device))
    }

    /// Agrees on twice as much with a supplier whose contract is full, or on as much more as it
    /// gives.
    ///
    /// - Returns: whether there is room for `need` bytes now.
    func grow(_ store: any FragmentStore, by need: Int) -> Bool {
        guard let kept = (try? store.contract(of: owner.user)) ?? nil else { return false }
        let (least, isTooMuch) = kept.quota.addingReportingOverflow(need)
        guard !isTooMuch else { return false }
        do {
            do {
                let wanted = max(least, min(kept.quota, .max / 2) * 2)
                try propose(wanted, to: store, after: kept, kept.certificates)
            } catch StoreError.contractRefused(let quotaMax) where quotaMax >= least {
                try propose(quotaMax, to: store, after: kept, kept.certificates)
            }
            return true
        } catch {
            return false
        }
    }

    /// What a supplier is asked to keep, in bytes.
    private static func quota(at place: String) -> Int {
        NodeAddress.isOne(place) ? Limits.networkQuotaDefault : Limits.embeddedCapacity
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
    /// A node of the network is where its address says.
    func place(of record: SupplierRecord) -> String {
        let address = record.address
        if address.hasPrefix("/") || NodeAddress.isOne(address) { return address }
        return String(decoding: joinPath(home.path, Array(address.utf8)), as: UTF8.self)
    }

    func address(of place: String) -> String {
        let prefix = home.path + [UInt8(ascii: "/")]
        let bytes = Array(place.utf8)
        return bytes.starts(with: prefix)
            ? String(decoding: bytes.dropFirst(prefix.count), as: UTF8.self) : place
    }

    /// Where a supplier of this machine is; `nil` for a node of the network.
    func directory(of record: SupplierRecord) -> [UInt8]? {
        NodeAddress.isOne(record.address) ? nil : Array(place(of: record).utf8)
    }

    /// The known suppliers are directories of one file system.
    package var suppliersShareOneDisk: Bool {
        shareOneDisk(suppliers.withLock { $0.map(\.record) })
    }

    private func shareOneDisk(_ records: [SupplierRecord]) -> Bool {
        var devices: Set<UInt64> = []
        for record in records {
            var status = stat()
            guard let path = directory(of: record), path.withPath({ stat($0, &status) }) == 0
            else { return false }
            devices.insert(UInt64(status.st_dev))
        }
        return records.count > 1 && devices.count == 1
    }

    // MARK: Heads

    /// Puts a head on every supplier that can be reached.
    func publishHead(_ head: Head) throws {
        let results = inParallel(suppliers.withLock { $0 }.compactMap(\.store)) { store in
            Result { try store.putHead(head) }
        }
        let failures = results.compactMap { result -> (any Error)? in
            if case .failure(let error) = result { error } else { nil }
        }
        guard failures.count < results.count else {
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

/// A node of the network that has no contract with us.
struct NothingHeld: Error, CustomStringConvertible {
    var description: String { "it holds nothing of this identity" }
}

/// Runs `body` for each value on a thread of its own: what waits for the network waits once.
func inParallel<Value: Sendable, Result: Sendable>(
    _ values: [Value], _ body: @escaping @Sendable (Value) -> Result
) -> [Result] {
    let results = try? WorkerThread.map(values.count, atOnce: values.count) { body(values[$0]) }
    return results ?? []
}

/// The directory holds another supplier than the one that was there.
struct OtherSupplier: Error, CustomStringConvertible {
    var description: String { "another supplier is in its directory" }
}
