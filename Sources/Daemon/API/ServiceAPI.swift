internal import APIModel
internal import Model
internal import Services

/// The group `service`: what runs, and switching it on and off. A switch is a change of the
/// setting `services/<x>/enabled`, so that it lasts.
struct ServiceAPI: Sendable {
    let parts: NodeParts

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("service/list") { await list($0) }
        table.on("service/info") { await info($0) }
        table.on("service/start") { await change($0, to: true) }
        table.on("service/stop") { await change($0, to: false) }
        table.on("service/restart") { await restart($0) }
        table.on("service/health") { await health($0) }
        return table
    }

    private func list(_ request: APIRequest) async -> APIEnvelope {
        var items: [APIValue] = []
        for name in ServiceName.allCases.sorted(by: { $0.id < $1.id }) {
            items.append(await item(name, withSettings: request.flag("with_configs")))
        }
        return .result(.array(items))
    }

    private func info(_ request: APIRequest) async -> APIEnvelope {
        guard let name = ServiceName(text: request.text("service_name") ?? "") else {
            return .error("service was not found")
        }
        return .ok(await item(name, withSettings: true))
    }

    private func item(_ name: ServiceName, withSettings: Bool) async -> APIValue {
        let entry = parts.registry.entry(id: name.id)
        let definition = ServiceDefinition.all.first { $0.name == name }
        let path = name.settingsPath
        var fields: [String: APIValue] = [
            "index": APIValue(entry?.index ?? 0), "id": .text(name.id), "name": .text(name.id),
            "state": .text(await parts.runner.state(of: name)?.rawValue ?? "NOT_INSTALLED"),
            "enabled": .bool(await parts.runner.isEnabled(name)),
            "installed": .bool(await parts.runner.isInstalled(name)),
            "config_path": .text("\(path)/enabled"),
            "depends": APIValue(definition?.dependencies.map(\.id) ?? []),
            "label": APIValue(definition?.summary),
        ]
        if let reason = await parts.runner.failure(of: name) { fields["error"] = .text(reason) }
        let obstacles = await parts.runner.obstacles(of: name)
        if !obstacles.isEmpty { fields["waits_for"] = APIValue(obstacles.map(\.id)) }
        if withSettings {
            fields["configs"] = .array(parts.configuration.items(below: path))
        }
        return .object(fields)
    }

    private func change(_ request: APIRequest, to isOn: Bool) async -> APIEnvelope {
        let given = request.text("service_name") ?? ""
        guard let name = ServiceName(text: given) else {
            return .error("service \(given) was not found")
        }
        if await parts.runner.isEnabled(name) == isOn {
            let isUp = await parts.runner.state(of: name) == .on
            return .error(
                isOn
                    ? "\(name.id) \(isUp ? "already started" : "already enabled")"
                    : "\(name.id) already disabled")
        }
        do {
            try parts.configuration.set("\(name.settingsPath)/enabled", "\(isOn)")
        } catch {
            return .error(NodeProcess.text(error))
        }
        return .ok(message: "service \(name.id) switched \(isOn ? "on" : "off")")
    }

    private func restart(_ request: APIRequest) async -> APIEnvelope {
        let given = request.text("service_name") ?? ""
        guard let name = ServiceName(text: given) else {
            return .error("service \(given) was not found")
        }
        guard await parts.runner.isEnabled(name), await parts.runner.isInstalled(name) else {
            return .notStarted(name.rawValue)
        }
        await parts.runner.restart(name)
        let seconds = UInt64(clamping: request.integer("wait_timeout") ?? 15)
        // One that has failed is tried again later: nobody waits for that.
        let isDecided = await parts.runner.wait(
            for: name, in: [.on, .failed], within: max(1, seconds) * 1_000_000_000)
        guard isDecided, await parts.runner.state(of: name) == .on else {
            let reason = await parts.runner.failure(of: name)
            return .error(
                isDecided ? "\(name.id) has failed" : "\(name.id) is not on after \(seconds) s",
                message: reason)
        }
        return .ok(message: "service \(name.id) restarted")
    }

    private func health(_ request: APIRequest) async -> APIEnvelope {
        let given = request.text("service_name") ?? ""
        guard let name = ServiceName(text: given) else {
            return .error("service \(given) was not found")
        }
        let seconds = UInt64(clamping: request.integer("wait_timeout") ?? 0)
        if seconds > 0 {
            _ = await parts.runner.wait(
                for: name, in: [.on, .failed], within: seconds * 1_000_000_000)
        }
        return .result(.bool(await parts.runner.state(of: name) == .on))
    }
}
