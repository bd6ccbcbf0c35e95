package import Model
internal import Networking
package import Pipelines
internal import Rebuilding
package import Suppliers

/// The owner's end of the rebuilder protocol: hands over what a rebuilder needs, and takes up what
/// it has done.
///
/// Thread rules: any thread but those of the network and of the cooperative pool.
package struct RebuilderLink {
    /// What one contact did.
    package struct Contact: Hashable, Sendable {
        /// Moves of the rebuilder that the catalog knows now, and those that proved nothing.
        package var movesTaken = 0
        package var movesRefused = 0
        package var blocksSent = 0
        package var blocksForgotten = 0
    }

    let network: CustomerNetwork

    package init(_ network: CustomerNetwork) {
        self.network = network
    }

    /// Who answers at a place.
    package func find(_ place: String, as caller: SupplierCaller) throws -> NodeAddress {
        if let address = NodeAddress(place) { return address }
        let places = CustomerPlaces(
            home: network.home, setting: network.setting, threads: network.threads,
            resolver: network.resolver)
        return try Blocking.wait {
            for endpoint in try await places.endpoints(of: [place]) {
                guard
                    let session = try? await network.suppliers.stranger(at: endpoint, as: caller)
                else { continue }
                return NodeAddress(user: session.peer.userID, endpoints: [endpoint])
            }
            throw Failure(
                "BD-REBUILDER", .unreachable, "nobody answers at \(displayText(place.utf8))",
                remedy: "name the HOST:PORT at which the rebuilder's sessions are taken")
        }
    }

    /// Brings both up to date: the grant, then what it moved, then what has changed.
    package func sync(_ record: RebuilderRecord, of customer: Customer) throws -> Contact {
        let link = try open(record, as: customer.caller)
        defer { link.close() }
        var (record, contact) = (record, Contact())
        var writer = ByteWriter()
        writer.counted(record.grant)
        writer.counted(try customer.grantedFamily().encoded())
        _ = try link.ask(.grant, writer.bytes)
        while true {
            let moves = try link.moves(after: record.movesTaken)
            guard let last = moves.last else { break }
            let taken = try customer.take(moves)
            contact.movesTaken += taken
            contact.movesRefused += moves.count - taken
            record.movesTaken = last.sequence
            record.fragmentsMoved += UInt64(taken)
            try customer.note(record)
            _ = try link.ask(.settled(upTo: last.sequence))
        }
        try handOver(link, record, customer, &contact)
        record.lastContact = customer.adapters.time.now.nanoseconds
        try customer.note(record)
        return contact
    }

    /// Brings all rebuilders up to date that answer; suppliers hear of grants that are revoked.
    ///
    /// - Returns: what was done for each, or why nothing was.
    @discardableResult
    package func syncAll(
        _ customer: Customer
    ) throws -> [(user: UserID, result: Result<Contact, any Error>)] {
        customer.spreadRevocations()
        let now = customer.adapters.time.now
        let all = try customer.rebuilders()
        let granted = Set(all.filter { $0.isInForce(at: now) }.map(\.user))
        // Who could not be told when its grant was taken back; not who has got another since.
        for record in all where record.isRevoked && !record.isEnded && now < record.expires {
            guard !granted.contains(record.user) else { continue }
            try? end(record, of: customer)
        }
        return try customer.rebuilders().filter { $0.isInForce(at: now) }.map { record in
            (record.user, Result { try sync(record, of: customer) })
        }
    }

    /// Says that nothing is to be rebuilt any more.
    package func end(_ record: RebuilderRecord, of customer: Customer) throws {
        let link = try open(record, as: customer.caller)
        defer { link.close() }
        do {
            _ = try link.ask(.end)
        } catch {
            // One that has no grant of ours has nothing to throw away.
            guard error.status == .failed else { throw error }
        }
        var ended = record
        ended.isEnded = true
        try customer.note(ended)
    }

    /// Both lists ascend by row: they are walked side by side.
    private func handOver(
        _ link: Asking, _ record: RebuilderRecord, _ customer: Customer,
        _ contact: inout Contact
    ) throws {
        var known = try link.inventory()
        var page = ByteWriter()
        func send() throws {
            guard !page.bytes.isEmpty else { return }
            _ = try link.ask(.blocks, page.bytes)
            page = ByteWriter()
        }
        try customer.forEachGrantable(record) { block in
            if known.removeValue(forKey: block.row) == block.digest { return }
            guard let granted = try customer.grantedBlock(block.row) else { return }
            let bytes = granted.encoded()
            if page.bytes.count + bytes.count > Limits.rebuilderPageLength { try send() }
            page.counted(bytes)
            contact.blocksSent += 1
        }
        try send()
        let gone = known.keys.sorted()
        for start in stride(from: 0, to: gone.count, by: Limits.rebuilderInventoryCountMax) {
            let end = min(start + Limits.rebuilderInventoryCountMax, gone.count)
            _ = try link.ask(.forget(Array(gone[start..<end])))
        }
        contact.blocksForgotten = gone.count
    }

    private func open(_ record: RebuilderRecord, as caller: SupplierCaller) throws -> Asking {
        guard let address = NodeAddress(record.address) else {
            throw Failure("BD-REBUILDER", .badData, "the rebuilder's address is damaged")
        }
        return Asking(
            channel: try network.suppliers.channel(to: address, as: caller),
            time: network.setting.time)
    }
}

/// Requests to one rebuilder.
private struct Asking {
    let channel: SessionChannel
    let time: any TimeSource

    func close() { channel.close() }

    /// - Throws: `BD-REBUILDER` when it does not answer, or says no.
    func ask(_ request: RebuilderRequest, _ payload: [UInt8] = []) throws(Failure) -> [UInt8] {
        let pages = PageBuffer(byteCount: max(1, payload.count))
        pages[0..<payload.count].copyBytes(from: payload)
        let room = PageBuffer(byteCount: Limits.rebuilderPageLength)
        let found: ChannelAnswer
        do {
            found = try channel.exchange(
                ChannelRequest(
                    header: request.encoded(),
                    payload: payload.isEmpty ? [] : [PayloadPart(pages, 0..<payload.count)],
                    deadline: time.uptime + 2 * Limits.requestTime), into: room.bytes)
        } catch {
            throw Failure(
                "BD-REBUILDER", .unreachable, "the rebuilder does not answer", cause: "\(error)",
                remedy: "its operator says `services/rebuilder/enabled true`; the rest goes on")
        }
        switch try? RebuilderAnswer(found.header) {
        case .done: return Array(room[0..<found.payloadByteCount])
        case .refused(let reason):
            throw Failure("BD-REBUILDER", .failed, "the rebuilder refuses", cause: reason)
        case nil:
            throw Failure("BD-REBUILDER", .badData, "the rebuilder's answer cannot be read")
        }
    }

    func moves(after sequence: UInt64) throws -> [BlockMove] {
        let bytes = try ask(.moves(after: sequence))
        var moves: [BlockMove] = []
        for start in stride(from: 0, to: bytes.count, by: BlockMove.length) {
            let end = min(start + BlockMove.length, bytes.count)
            let move = try BlockMove(Array(bytes[start..<end]))
            // Else it could be asked for ever.
            guard move.sequence > moves.last?.sequence ?? sequence else {
                throw Failure("BD-REBUILDER", .badData, "the rebuilder's moves are not in order")
            }
            moves.append(move)
        }
        return moves
    }

    func inventory() throws -> [Int64: Bytes32] {
        var known: [Int64: Bytes32] = [:]
        var last = Int64.min
        while true {
            let page = try InventoryEntry.decode(try ask(.inventory(after: last)))
            guard let end = page.last else { return known }
            guard end.row > last, known.count < Limits.rebuilderByteCountMax / 1024 else {
                throw Failure("BD-REBUILDER", .badData, "the rebuilder's list has no end")
            }
            for entry in page { known[entry.row] = entry.digest }
            last = end.row
        }
    }
}
