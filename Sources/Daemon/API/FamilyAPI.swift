internal import APIModel
internal import Dispatch
internal import Identities
internal import Model
internal import Networking
internal import Pipelines
internal import Suppliers

/// The group `supplier` as the customer of this home sees it, and the sessions of the node.
struct FamilyAPI: Sendable {
    let parts: NodeParts

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("supplier/list") { await list($0) }
        table.on("supplier/ping") { _ in await ping() }
        table.on("supplier/replace") { await replace($0) }
        table.on("connection/list") { await connections($0) }
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
        let isHere = member.failure == nil
        var fields = node.map { parts.hub.known.names(of: $0.user) } ?? [:]
        fields.merge([
            "position": APIValue(position), "supplier_id": .text("\(member.record.id)"),
            "address": .text(member.record.address),
            "supplier_state": .text(
                member.isFired ? "LEAVING" : isHere ? "CONNECTED" : "DISCONNECTED"),
            "contact_state": .text(isHere ? "CONNECTED" : "OFFLINE"),
            "failure": APIValue(member.failure),
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
            try customer.noteAttendance()
            let family = try customer.family()
            let count = family.count { $0.failure == nil }
            return .ok(
                ["asked": APIValue(family.count), "answered": APIValue(count)],
                message: "\(count) of \(family.count) suppliers answer")
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
            let family = try customer.family()
            let found = family.enumerated().filter { index, member in
                name.map { isNamed(member, $0) } ?? (index == position)
            }
            guard found.count == 1 else { return .error("supplier not found") }
            let record = found[0].element.record
            try customer.setLeaving(true, record.id)
            return .ok(
                message: "supplier \(record.id) gets nothing new and is replaced by another one")
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

    /// Lets `body` have the customer of this home on a thread that may wait; gives way to commands.
    private func withCustomer(
        _ body: @escaping @Sendable (Customer) throws -> APIEnvelope
    ) async -> APIEnvelope {
        let home = Home(path: Array(parts.home.path.utf8))
        let adapters = parts.setting.adapters
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                guard Customer.exists(home: home) else {
                    return continuation.resume(returning: .error("no suppliers yet"))
                }
                do {
                    let customer = try Customer.open(
                        home: home, adapters: adapters, isBackground: true)
                    defer { customer.close() }
                    continuation.resume(returning: try body(customer))
                } catch {
                    continuation.resume(returning: .error(NodeProcess.text(error)))
                }
            }
        }
    }

    // MARK: Sessions

    private func connections(_ request: APIRequest) async -> APIEnvelope {
        let wanted = request.list("protocols")
        var sessions = await parts.hub.openSessions
        for session in await parts.hub.current?.pool.openSessions ?? []
        where !sessions.contains(where: { $0 === session }) {
            sessions.append(session)
        }
        let items = sessions.compactMap { session -> APIValue? in
            let (proto, host) = FamilyAPI.way(session.path)
            guard wanted.isEmpty || wanted.contains(proto) else { return nil }
            return .object(
                parts.hub.known.names(of: session.peer.userID).merging([
                    "status": "active", "state": "CONNECTED", "proto": .text(proto),
                    "host": .text("\(host)"), "dialled": .bool(session.isDialled),
                    "bytes_sent": APIValue(Int(clamping: session.sentByteCount)),
                    "bytes_received": APIValue(Int(clamping: session.receivedByteCount)),
                ]) { $1 })
        }
        return .result(.array(items))
    }

    /// As the older product calls it, and where the other end of the connection is.
    private static func way(_ path: SessionPath) -> (proto: String, host: Endpoint) {
        switch path {
        case .direct(let endpoint): ("tcp", endpoint)
        case .routed(let router): ("proxy", router)
        }
    }
}
