internal import APIModel
internal import Model

/// The group `config`: the settings.
struct ConfigAPI: Sendable {
    let configuration: NodeConfiguration

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("config/list") { request in
            .result(
                .array(configuration.items(includingInfo: request.flag("include_info"))))
        }
        table.on("config/tree") { tree($0) }
        table.on("config/get") { get($0) }
        table.on("config/set") { set($0) }
        return table
    }

    private func get(_ request: APIRequest) -> APIEnvelope {
        do throws(Failure) {
            return .result(
                .array(
                    try configuration.found(
                        request.text("key") ?? "", includingInfo: request.flag("include_info"))))
        } catch {
            return ConfigAPI.error(error)
        }
    }

    private func set(_ request: APIRequest) -> APIEnvelope {
        let value = request.value("value") ?? .null
        let text = value.asText ?? String(decoding: value.line, as: UTF8.self)
        do throws(Failure) {
            return .result([try configuration.set(request.text("key") ?? "", text)])
        } catch {
            return ConfigAPI.error(error)
        }
    }

    /// The settings as nested objects, by the parts of their keys.
    private func tree(_ request: APIRequest) -> APIEnvelope {
        var root: [String: APIValue] = [:]
        for item in configuration.items(includingInfo: request.flag("include_info")) {
            let parts = (item["key"]?.asText ?? "").split(separator: "/").map(String.init)
            ConfigAPI.insert(item, at: parts[...], into: &root)
        }
        return .result(.object(root))
    }

    private static func insert(
        _ item: APIValue, at path: ArraySlice<String>, into folder: inout [String: APIValue]
    ) {
        guard let first = path.first else { return }
        guard path.count > 1 else {
            folder[first] = item
            return
        }
        var inner = folder[first]?.asObject ?? [:]
        insert(item, at: path.dropFirst(), into: &inner)
        folder[first] = .object(inner)
    }

    private static func error(_ failure: Failure) -> APIEnvelope {
        let details = [failure.cause, failure.remedy].compactMap { $0 }.joined(separator: "; ")
        return .error(
            failure.message, message: details.isEmpty ? nil : details, reason: failure.code)
    }
}
