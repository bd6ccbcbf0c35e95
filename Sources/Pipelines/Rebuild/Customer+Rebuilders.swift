internal import Catalogs
package import Model
internal import Placement
package import Rebuilding
package import Suppliers
internal import Synchronization

extension Customer {
    // MARK: Grants

    /// All grants that this machine has made and that have not expired, revoked ones too.
    package func rebuilders() throws -> [RebuilderRecord] {
        RebuilderRecord.decode(try catalog.setting(RebuilderRecord.name) ?? [])
    }

    /// Lets a node rebuild until `days` from now, in place of what it had been given before.
    ///
    /// - Parameters:
    ///   - address: of the node.
    ///   - sources: names of sets; it learns of their blocks and of those of the catalog. None for
    ///     all that is stored.
    package func grantRebuilding(
        to user: UserID, at address: NodeAddress, days: Int, sources: [String] = []
    ) throws -> RebuilderRecord {
        let sources = try sources.map { try sourceName(of: $0) }
        let now = adapters.time.now
        let (span, isTooLong) = Int64(days).multipliedReportingOverflow(by: 86_400_000_000_000)
        let (end, isTooLate) = now.nanoseconds.addingReportingOverflow(span)
        guard days > 0, !isTooLong, !isTooLate else {
            throw Failure("BD-GRANT", .usage, "a grant is for 1 day to some hundred years")
        }
        let grant = try RebuildGrant(
            to: user, serial: UInt64(now.nanoseconds), issued: now,
            expires: Timestamp(nanoseconds: end), certificate: certificate, device: owner.device)
        var record = RebuilderRecord(grant: grant, address: address.description)
        var all = try rebuilders().filter { now < $0.expires }
        if let old = all.firstIndex(where: { $0.user == user && !$0.isRevoked }) {
            record.movesTaken = all[old].movesTaken
            record.fragmentsMoved = all[old].fragmentsMoved
            all[old].isRevoked = true
        }
        guard all.count < Limits.revokedGrantCountMax else {
            throw Failure(
                "BD-GRANT", .usage, "\(all.count) grants have not expired yet",
                remedy: "grant for fewer days, and wait until old ones expire")
        }
        try save(all + [record])
        var writer = ByteWriter()
        for source in sources { writer.text(source) }
        try catalog.set(Customer.grantedName(record), to: writer.bytes)
        return record
    }

    private static func grantedName(_ record: RebuilderRecord) -> String {
        "rebuilder sources \(record.serial)"
    }

    /// Names of the sets that a grant is for; none when it is for all that is stored.
    package func grantedSources(_ record: RebuilderRecord) throws -> [String] {
        var reader = ByteReader(
            try catalog.setting(Customer.grantedName(record)) ?? [], format: "granted sources")
        var names: [String] = []
        while reader.remainingByteCount > 0 {
            names.append(try reader.text(limit: Limits.textLengthMax, field: "source"))
        }
        return names
    }

    /// The set that is called so, or whose last snapshot is of that path.
    private func sourceName(of text: String) throws -> String {
        if try catalog.source(setName: text) != nil { return text }
        let path = try Customer.absolute(Array(text.utf8))
        let match = try catalog.snapshots().last {
            $0.snapshot.roots.contains { $0.path == path }
        }
        guard let match else {
            throw Failure(
                "BD-NO-SNAPSHOT", .usage, "Nothing called \(displayText(text.utf8)) is backed up",
                remedy: "`bitdust health` lists the sources")
        }
        return match.snapshot.setName
    }

    /// Takes a grant back; suppliers that answer hear of it now, the others at the next contact.
    ///
    /// - Parameter name: its address, or how its user id begins.
    /// - Returns: the grant, and how many of the suppliers know.
    package func revokeRebuilding(
        of name: String
    ) throws -> (record: RebuilderRecord, told: Int, of: Int) {
        var all = try rebuilders()
        let matches = all.indices.filter { index in
            let one = all[index]
            return !one.isRevoked
                && (one.address == name || "\(one.user)" == name
                    || (name.utf8.count >= 4 && "\(one.user)".hasPrefix(name.lowercased())))
        }
        guard let match = matches.first, matches.count == 1 else {
            throw Failure(
                "BD-NO-SUCH-REBUILDER", .usage,
                matches.isEmpty
                    ? "No rebuilder is called \(displayText(name.utf8))"
                    : "\(matches.count) rebuilders match \(displayText(name.utf8))",
                remedy: "`bitdust rebuilder list` shows them")
        }
        all[match].isRevoked = true
        try save(all)
        let told = spreadRevocations()
        return (all[match], told, suppliers.withLock { $0.count })
    }

    /// Tells the suppliers of the network that answer which grants are good no more.
    ///
    /// - Returns: how many know now.
    @discardableResult
    package func spreadRevocations() -> Int {
        guard let all = try? rebuilders(), !all.isEmpty else { return 0 }
        let serials = all.filter(\.isRevoked).map(\.serial)
        let open = suppliers.withLock { $0 }
        let user = owner.user
        return inParallel(open) { supplier -> Bool in
            guard let store = supplier.store as? RemoteFragmentStore else { return false }
            return (try? store.revoke(serials, of: user)) != nil
        }.count { $0 }
    }

    package func note(_ record: RebuilderRecord) throws {
        try save(try rebuilders().map { $0.serial == record.serial ? record : $0 })
    }

    private func save(_ records: [RebuilderRecord]) throws {
        try catalog.set(RebuilderRecord.name, to: RebuilderRecord.encode(records))
    }

    // MARK: What a rebuilder needs

    /// The suppliers that are nodes of the network, with the node's own idea of where they are.
    package func grantedFamily() throws -> GrantedFamily {
        let leaving = try leaving
        return GrantedFamily(
            members: suppliers.withLock { $0 }.filter { NodeAddress.isOne($0.record.address) }.map {
                GrantedFamily.Member(
                    supplier: $0.record.id, isLeaving: leaving.contains($0.record.id),
                    address: $0.record.address)
            })
    }

    /// Suppliers of the network beyond those that the widest block needs.
    package func spareSupplierCount() throws -> Int {
        try max(0, grantedFamily().members.count { !$0.isLeaving } - widestBlock())
    }

    /// Calls `body` with each block that a rebuilder is to look after and can: its suppliers are
    /// all nodes.
    ///
    /// A block that is not handed over is out of its reach: a supplier gives nothing to who cannot
    /// name the root of a fragment, and takes nothing that the owner has not signed.
    package func forEachGrantable(
        _ record: RebuilderRecord, _ body: (SealedBlock) throws -> Void
    ) throws {
        let nodes = Set(try grantedFamily().members.map(\.supplier))
        let names = try grantedSources(record)
        let ids = Set(try catalog.sources().filter { names.contains($0.setName) }.map(\.id))
        let rows = RowSet()
        for row in try catalog.blockRows(sources: ids) { rows.insert(row) }
        try RebuildBooks(customer: self).forEachGroup(of: 64) { blocks in
            for (row, block) in blocks
            where block.holdings.places.allSatisfy({ nodes.contains($0) })
                && (names.isEmpty || block.holdings.kind == .catalog || rows.contains(row.id))
            {
                try body(block)
            }
        }
    }

    /// A block with a signed header for each fragment; `nil` when it was given up.
    package func grantedBlock(_ row: Int64) throws -> GrantedBlock? {
        let books = RebuildBooks(customer: self)
        guard let block = try books.block(row) else { return nil }
        return GrantedBlock(
            block,
            headers: try block.fragments.indices.map { try books.header(of: block, position: $0) })
    }

    /// Takes up what a rebuilder says it has stored. Its word counts for nothing: the supplier's
    /// receipt does, for a fragment of ours and a supplier that holds no other of the block.
    ///
    /// - Returns: how many were right.
    package func take(_ moves: [BlockMove]) throws -> Int {
        let known = Set(suppliers.withLock { $0.map(\.record.id) })
        var count = 0
        for move in moves {
            let receipt = move.receipt
            guard let row = try catalog.block(row: move.row),
                row.descriptor.places.indices.contains(move.position),
                receipt.owner == owner.user, known.contains(receipt.supplier),
                receipt.fragment == row.descriptor.places[move.position].fragment,
                receipt.length == row.descriptor.fragmentLength, receipt.isSigned,
                !row.descriptor.places.indices.contains(where: {
                    $0 != move.position && row.receipts[$0]
                        && row.descriptor.places[$0].supplier == receipt.supplier
                })
            else { continue }
            try catalog.move(
                row: move.row, position: move.position, to: receipt.supplier, releases: nil)
            count += 1
        }
        return count
    }
}
