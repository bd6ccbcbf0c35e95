internal import APIModel

/// Rows of answers, as the older product prints them.
enum NodeText {
    /// `OK: 0.000123 sec.`
    static func head(_ answer: APIEnvelope) -> String {
        let execution = answer.fields["execution"]?.asText ?? "0.000000"
        return "\(answer.isOK ? "OK" : "ERROR"): \(execution) sec."
    }

    /// `services/supplier/donated-space (disk space) : 50 GB, previous : 8 GB`
    static func setting(_ item: APIValue, isChange: Bool) -> String {
        let key = item["key"]?.asText ?? ""
        guard let value = item["value"] else {
            return "\(key): \(item["childs"].map(plain) ?? "0") settings"
        }
        let line = "\(key) (\(item["type"]?.asText ?? "text")) : \(plain(value))"
        return isChange ? line + ", previous : \(plain(item["old_value"] ?? .null))" : line
    }

    /// `12: service_supplier(ON) ENABLED, with 1 dependencies`
    static func service(_ item: APIValue) -> String {
        let isEnabled = item["enabled"]?.asBool == true
        let count = item["depends"]?.asArray?.count ?? 0
        return "\(plain(item["index"] ?? 0)): \(item["name"]?.asText ?? "")"
            + "(\(item["state"]?.asText ?? "")) \(isEnabled ? "ENABLED" : "DISABLED"), "
            + "with \(count) dependencies"
    }

    /// `6: service_proxy_server(ON) OFF->STARTING `
    static func automat(_ item: APIValue) -> String {
        let past = (item["past"]?.asArray ?? []).compactMap(\.asText).joined(separator: "->")
        let timers = (item["timers"]?.asArray ?? []).compactMap(\.asText).joined(separator: ",")
        return "\(plain(item["index"] ?? 0)): \(item["repr"]?.asText ?? "") \(past) \(timers)"
    }

    /// A value without quotes around it.
    static func plain(_ value: APIValue) -> String {
        value.asText ?? String(decoding: value.line, as: UTF8.self)
    }

    static func cut(_ text: String, to length: Int) -> String {
        text.count > length ? text.prefix(length) + "..." : text
    }
}
