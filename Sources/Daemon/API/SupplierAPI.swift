internal import APIModel
internal import Identities
internal import Model
internal import Networking
internal import Settings
internal import Suppliers

/// The supplier's side: what is donated and to whom, and what its operator does about it.
struct SupplierAPI: Sendable {
    let parts: NodeParts

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("space/donated") { _ in await donated() }
        table.on("customer/list") { _ in await customers() }
        table.on("customer/reject") { await reject($0) }
        table.on("customer/ping") { _ in await ping() }
        table.on("donation/status") { _ in await status() }
        table.on("donation/verify") { _ in await verify() }
        return table
    }

    /// Does it on the supplier's own threads.
    ///
    /// - Parameter isLong: whether it re-reads disks.
    private func withSupplier(
        isLong: Bool = false, _ body: @escaping @Sendable (RunningSupplier) throws -> APIEnvelope
    ) async -> APIEnvelope {
        guard let supplier = parts.supplier.current else { return .notStarted("supplier") }
        do {
            let threads = isLong ? supplier.work : supplier.answers
            return try await threads.perform { try body(supplier) }
        } catch {
            return .error(NodeProcess.text(error))
        }
    }

    // MARK: Space

    private func donated() async -> APIEnvelope {
        guard parts.supplier.current != nil else {
            // What the setting says is donated as soon as there is an identity.
            return .result(SupplierAPI.donated(parts.values.donatedByteCount, nil) { _ in [:] })
        }
        return await withSupplier { supplier in
            let report = supplier.report()
            return .result(
                SupplierAPI.donated(report.donation.donated, report) {
                    parts.hub.known.names(of: $0)
                })
        }
    }

    private static func donated(
        _ donated: Int, _ report: SupplierReport?,
        names: (UserID) -> [String: APIValue]
    ) -> APIValue {
        func item(_ customer: SupplierReport.Customer) -> APIValue {
            .object(
                names(customer.contract.owner).merging([
                    "used": APIValue(customer.charged), "real": APIValue(customer.charged),
                    "consumed": APIValue(customer.contract.quota),
                ]) { $1 })
        }
        let present = report?.customers.filter { !$0.isEnded } ?? []
        let old = report?.customers.filter(\.isEnded) ?? []
        let oldUsed = old.reduce(0) { $0 + $1.charged }
        let used = report?.usage.used ?? 0
        let consumed = report?.donation.committed ?? 0
        return [
            "customers_num": APIValue(present.count),
            "customers": .array(present.map(item)), "old_customers": .array(old.map(item)),
            "consumed": APIValue(consumed), "donated": APIValue(donated),
            "real": APIValue(report?.real ?? 0), "free": APIValue(max(0, donated - consumed)),
            "used": APIValue(used), "old_customers_used": APIValue(oldUsed),
            "old_customers_real": APIValue(oldUsed),
            "used_percent": .text(SpaceAPI.percent(UInt64(used), of: UInt64(donated))),
            "consumed_percent": .text(SpaceAPI.percent(UInt64(consumed), of: UInt64(donated))),
        ]
    }

    // MARK: Customers

    private func customers() async -> APIEnvelope {
        let connected = Set(await parts.hub.openSessions.map(\.peer.userID))
        return await withSupplier { [values = parts.values] supplier in
            .result(
                .array(
                    supplier.report().customers.enumerated().map { index, customer in
                        let owner = customer.contract.owner
                        return .object(
                            parts.hub.known.names(of: owner).merging([
                                "position": APIValue(index),
                                "contact_state": .text(
                                    connected.contains(owner) ? "CONNECTED" : "OFFLINE"),
                                "rejected": .bool(RunningSupplier.isRejected(owner, values)),
                                "fragments": APIValue(customer.fragmentCount),
                                "contract": SupplierAPI.contract(customer),
                            ]) { $1 })
                    }))
        }
    }

    private static func contract(_ customer: SupplierReport.Customer) -> APIValue {
        [
            "allocated_bytes": APIValue(customer.contract.quota),
            "used_bytes": APIValue(customer.charged),
            "term_days": APIValue(customer.contract.termDays),
            "sequence_number": APIValue(Int(clamping: customer.contract.sequence)),
            "ended": .bool(customer.isEnded),
        ]
    }

    /// Takes nothing new of a customer; what it has stored can be read until it is tombstoned.
    private func reject(_ request: APIRequest) async -> APIEnvelope {
        let text = request.text("customer_id") ?? ""
        return await withSupplier { supplier in
            let known = supplier.disks.store.contracts.map(\.owner)
            guard let user = known.first(where: { isNamed($0, text) }) else {
                return .error("customer not found")
            }
            let rejected = parts.values[SupplierSettings.rejected]
            if !rejected.contains("\(user)") {
                try parts.configuration.set(
                    SupplierSettings.rejected.key.path,
                    (rejected + ["\(user)"]).joined(separator: " "))
            }
            return .ok(message: "nothing new is taken of customer \(text)")
        }
    }

    private func isNamed(_ user: UserID, _ text: String) -> Bool {
        if "\(user)" == text { return true }
        guard let document = parts.hub.known.document(of: user) else { return false }
        return "\(document.globalID)" == text
            || document.content.sources.contains { "\($0)" == text }
    }

    /// Opens sessions to those who can be reached: the list says afterwards who is connected.
    private func ping() async -> APIEnvelope {
        guard let supplier = parts.supplier.current else { return .notStarted("supplier") }
        let (hub, owners) = (parts.hub, supplier.disks.store.contracts.map(\.owner))
        await withTaskGroup(of: Void.self) { group in
            // Who cannot be reached is not connected.
            for owner in owners.prefix(Limits.pingCountMax) {
                group.addTask { _ = try? await hub.session(to: owner) }
            }
        }
        let count = min(owners.count, Limits.pingCountMax)
        return .ok(message: "sent requests to \(countText(count, "customer"))")
    }

    // MARK: The operator's view

    private func status() async -> APIEnvelope {
        let endpoints = await parts.ownEndpoints()
        let reach = await parts.hub.reach
        let values = parts.values
        let known = parts.supplier.alerts
        return await withSupplier { supplier in
            let report = supplier.report()
            let alerts = SupplierAlert.brought(known, upTo: supplier.disks)
            let state =
                values[SupplierSettings.isLeaving]
                ? "leaving" : values[SupplierSettings.isPaused] ? "paused" : "serving"
            let end = supplier.departure.end.map { APIValue(Int($0)) }
            return .result([
                "leaving_until": end ?? .null,
                "needed_fragments": end == nil
                    ? .null : APIValue(supplier.neededFragmentCount()),
                "state": .text(state), "supplier_id": .text("\(report.supplier)"),
                "donated": APIValue(report.donation.donated),
                "promised": APIValue(report.donation.committed),
                "used": APIValue(report.usage.used), "real": APIValue(report.real),
                "given_up": APIValue(report.usage.tombstoned),
                "free": APIValue(report.donation.free),
                "fragments": APIValue(report.usage.fragmentCount),
                "customers": APIValue(report.customers.count),
                "served_seconds": APIValue(Int(clamping: report.servedSeconds)),
                "requests": [
                    "served": APIValue(Int(clamping: report.counts.served)),
                    "refused": APIValue(Int(clamping: report.counts.refused)),
                    "malformed": APIValue(Int(clamping: report.counts.malformed)),
                ],
                "disks": .array(
                    report.disks.map {
                        [
                            "path": .text($0.path), "condition": .text($0.condition),
                            "room": APIValue($0.room), "real": APIValue($0.real),
                        ]
                    }),
                "endpoints": APIValue(endpoints.map { "\($0)" }),
                "reached_from_outside": .text(reach.text),
                "reachable": .text(reach.verdict.name),
                "reachable_since": reach.verdict.since.map { APIValue($0) } ?? .null,
                "reach_remedy": APIValue(reach.remedy),
                "alerts": .array(alerts.map(\.value)),
            ])
        }
    }

    private func verify() async -> APIEnvelope {
        await withSupplier(isLong: true) { supplier in
            var (sound, damaged) = (0, 0)
            for contract in supplier.disks.store.contracts {
                let found = try supplier.verify(contract.owner)
                sound += found.sound
                damaged += found.damaged
            }
            return .result(["sound": APIValue(sound), "damaged": APIValue(damaged)])
        }
    }
}
