internal import APIModel
internal import Dispatch
internal import Identities
internal import Model
internal import Networking
internal import Pipelines
internal import Settings
internal import Suppliers

/// The group `supplier` as the customer of this home sees it.
struct FamilyAPI: Sendable {
    let parts: NodeParts

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("supplier/list") { await list($0) }
        table.on("supplier/ping") { _ in await ping() }
        table.on("supplier/replace") { await replace($0) }
        table.on("supplier/change") { await change($0) }
        table.on("supplier/switch") { await change($0) }
        table.on("space/consumed") { _ in await consumed() }
        return table
    }

    // MARK: Suppliers

    /// Asks all of the family who they are and what they keep.
    private func list(_ request: APIRequest) async -> APIEnvelope {
        if let customer = request.text("customer_id"), await !isOwn(customer) {
            return .error("only this node's own suppliers are known here")
        }
        let isVerbose = request.flag("verbose")
        return await withCustomer { customer in
            .result(
                .array(
                    try customer.family().enumerated().map { position, member in
                        item(member, position, isVerbose: isVerbose)
                    }))
        }
    }

    private func item(_ member: FamilyMember, _ position: Int, isVerbose: Bool) -> APIValue {
        let node = NodeAddress(member.record.address)
        let isHere = member.answers
        var fields = node.map { parts.hub.known.names(of: $0.user) } ?? [:]
        fields.merge([
            "position": APIValue(position), "supplier_id": .text("\(member.record.id)"),
            "address": .text(member.record.address),
            "supplier_state": .text(
                member.isFired ? "LEAVING" : isHere ? "CONNECTED" : "DISCONNECTED"),
            "contact_state": .text(isHere ? "CONNECTED" : "OFFLINE"),
            "state": .text(member.standing.word),
            "failure": APIValue(member.standing.failure),
            "away_since": HealthAPI.since(member.standing.away),
            "away_seconds_counted": HealthAPI.counted(member.standing.away),
            "contract": [
                "allocated_bytes": member.quota.map { APIValue($0) } ?? .null,
                "used_bytes": member.usedByteCount.map { APIValue($0) } ?? .null,
            ],
        ]) { $1 }
        if isVerbose { fields["fragments"] = APIValue(member.fragmentCount) }
        return .object(fields)
    }

    /// Asks all of them, and notes who answers: what grace is counted by.
    private func ping() async -> APIEnvelope {
        await withCustomer { customer in
            let family = try customer.family()
            let count = family.count(where: \.answers)
            return .ok(
                ["asked": APIValue(family.count), "answered": APIValue(count)],
                message: "\(count) of \(countText(family.count, "supplier")) answer")
        }
    }

    /// Gives a supplier up. What it holds is stored elsewhere by the rebuilder, and another is
    /// hired at the next backup.
    private func replace(_ request: APIRequest) async -> APIEnvelope {
        let (position, name) = (request.integer("position"), request.text("supplier_id"))
        guard position != nil || name != nil else {
            return .error("position or supplier_id is needed")
        }
        return await withCustomer { customer in
            guard let record = try find(position, name, customer) else {
                return .error("supplier not found")
            }
            try customer.setLeaving(true, record.id)
            return .ok(
                message: "supplier \(record.id) gets nothing new and is replaced by another one")
        }
    }

    /// Hires the one named and gives the other up, in this order: without the new one everything
    /// stays as it is. Without a name it is ``replace(_:)``.
    private func change(_ request: APIRequest) async -> APIEnvelope {
        guard let new = request.text("new_supplier_id") else { return await replace(request) }
        let (position, name) = (request.integer("position"), request.text("supplier_id"))
        guard position != nil || name != nil else {
            return .error("position or supplier_id is needed")
        }
        guard let place = place(of: new) else {
            return .error("\(new) is nobody whom this node knows")
        }
        return await withCustomer { customer in
            guard let record = try find(position, name, customer) else {
                return .error("supplier not found")
            }
            guard NodeAddress(record.address)?.user != place.user else {
                return .error("\(new) is this supplier")
            }
            let report = try customer.hire([place.description])
            if let failed = report.failed.first {
                return .error("\(new) cannot be hired: \(failed.reason)")
            }
            try customer.setLeaving(true, record.id)
            return .ok(message: "supplier \(record.id) is replaced by \(new)")
        }
    }

    /// The supplier at a position or with a name, when there is exactly one.
    private func find(
        _ position: Int?, _ name: String?, _ customer: Customer
    ) throws -> SupplierRecord? {
        let found = try customer.family().enumerated().filter { index, member in
            name.map { isNamed(member, $0) } ?? (index == position)
        }
        return found.count == 1 ? found[0].element.record : nil
    }

    /// Where somebody is: a node's address as it is, or who is known by this name.
    private func place(of name: String) -> NodeAddress? {
        if let address = NodeAddress(name) { return address }
        if let user = UserID(hex: name) { return NodeAddress(user: user) }
        let document = parts.hub.known.documents.first { document in
            "\(document.globalID)" == name || document.content.sources.contains { "\($0)" == name }
        }
        return document.map { NodeAddress(user: $0.userID) }
    }

    // MARK: Space

    /// What is asked for and used of suppliers that answer; files are those of the newest snapshot
    /// of each set.
    private func consumed() async -> APIEnvelope {
        let needed = Int(clamping: parts.values[CustomerSettings.neededSpace].byteCount)
        return await withCustomer { customer in
            let family = try customer.family()
            var newest: [String: SnapshotCounts] = [:]
            for (_, snapshot) in try customer.snapshots() {
                newest[snapshot.setName] = snapshot.counts
            }
            func sum(_ count: (SnapshotCounts) -> UInt64) -> APIValue {
                APIValue(Int(clamping: newest.values.reduce(0) { $0 + count($1) }))
            }
            let used = family.reduce(0) { $0 + ($1.usedByteCount ?? 0) }
            let granted = family.reduce(0) { $0 + ($1.quota ?? 0) }
            let count = max(1, family.count)
            return .result([
                "suppliers_num": APIValue(family.count),
                "suppliers_answered": APIValue(family.count(where: \.answers)),
                "needed": APIValue(needed), "granted": APIValue(granted),
                "used": APIValue(used), "available": APIValue(max(0, granted - used)),
                "needed_per_supplier": APIValue(needed / count),
                "used_per_supplier": APIValue(used / count),
                "available_per_supplier": APIValue(max(0, granted - used) / count),
                "used_percent": .text(SpaceAPI.percent(UInt64(used), of: UInt64(granted))),
                "my_files": sum(\.filesTotal), "my_folders": sum(\.directories),
                "my_files_size": sum(\.bytesTotal), "my_backups_size": APIValue(used),
            ])
        }
    }

    private func isNamed(_ member: FamilyMember, _ name: String) -> Bool {
        if "\(member.record.id)" == name { return true }
        guard let user = NodeAddress(member.record.address)?.user else { return false }
        if "\(user)" == name { return true }
        let names = parts.hub.known.names(of: user)
        return ["idurl", "global_id"].contains { names[$0]?.asText == name }
    }

    private func isOwn(_ name: String) async -> Bool {
        guard let document = await parts.identity.document else { return false }
        return "\(document.userID)" == name || "\(document.globalID)" == name
            || document.content.sources.contains { "\($0)" == name }
    }

    /// Lets `body` have the customer of this home on a thread that may wait, with the network that
    /// its suppliers are in; gives way to commands.
    private func withCustomer(
        _ body: @escaping @Sendable (Customer) throws -> APIEnvelope
    ) async -> APIEnvelope {
        let home = Home(path: Array(parts.home.path.utf8))
        let network = CustomerNetwork(home: parts.home, setting: parts.setting)
        let adapters = network.adapters
        parts.openNetworks.add(network)
        let answer = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: FamilyAPI.answer(home, adapters, body))
            }
        }
        parts.openNetworks.remove(network)
        await network.close()
        return answer
    }

    /// Blocks.
    private static func answer(
        _ home: Home, _ adapters: Adapters, _ body: (Customer) throws -> APIEnvelope
    ) -> APIEnvelope {
        guard Customer.exists(home: home) else { return .error("no suppliers yet") }
        do {
            let customer = try Customer.open(home: home, adapters: adapters, isBackground: true)
            defer { customer.close() }
            return try body(customer)
        } catch {
            return .error(NodeProcess.text(error))
        }
    }
}
