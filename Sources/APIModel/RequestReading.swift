/// Why a request has no ``APIRequest``: texts of the older product, word for word.
package enum RequestError: Error, Hashable, Sendable {
    case badQuery
    /// No JSON object was sent.
    case badBody(reason: String)
    case missingInQuery(String)
    /// Nothing was sent, and something is mandatory.
    case missingBody([String])
    case missingInBody([String])
    case wrongKind(String, expected: String)

    package var envelope: APIEnvelope {
        switch self {
        case .badQuery: .error("invalid url query")
        case .badBody(let reason): .error("invalid json input", message: reason)
        case .missingInQuery(let name): .error("mandatory url query argument missed: \(name)")
        case .missingBody(let names):
            .error("mandatory json input missed: \(names.joined(separator: ", "))")
        case .missingInBody(let names):
            .error("one of mandatory parameters missed: \(names.joined(separator: ", "))")
        case .wrongKind(let name, let expected):
            .error("invalid value of \(name): \(expected) expected")
        }
    }
}

extension APIRequest {
    /// Reads the parameters of a GET request from its query. Of two values the first one counts.
    package init(
        _ route: Route, argument: String?, query: some StringProtocol
    ) throws(RequestError) {
        guard let pairs = QueryString.pairs(query) else { throw .badQuery }
        var input: [String: APIValue] = [:]
        for (name, value) in pairs where input[name] == nil {
            // A bare name sets a flag; to all else it gives the empty text.
            let isFlag = route.parameters.contains { $0.kind == .flag && $0.name == name }
            input[name] = value.map(APIValue.text) ?? (isFlag ? .bool(true) : .text(""))
        }
        let reader = ParameterReader(route: route, argument: argument, input: input)
        let missing = reader.missing
        guard missing.isEmpty else { throw .missingInQuery(missing[0]) }
        self.init(route: route, parameters: try reader.parameters())
    }

    /// Reads the parameters of a POST, PUT or DELETE request from the JSON object in its body; no
    /// body is an empty object.
    package init(_ route: Route, argument: String?, body: [UInt8]) throws(RequestError) {
        guard !body.isEmpty else {
            let reader = ParameterReader(route: route, argument: argument, input: [:])
            guard reader.missing.isEmpty else { throw .missingBody(reader.missing) }
            self.init(route: route, parameters: try reader.parameters())
            return
        }
        let value: APIValue
        do throws(JSONError) {
            value = try APIValue(parsing: body)
        } catch {
            throw .badBody(reason: "\(error)")
        }
        guard let input = value.asObject else { throw .badBody(reason: "no object") }
        try self.init(route, argument: argument, object: input)
    }

    /// Reads the parameters from an object that is read already: the WebSocket interface, and a
    /// command line without a daemon.
    package init(
        _ route: Route, argument: String? = nil, object: [String: APIValue]
    ) throws(RequestError) {
        let reader = ParameterReader(route: route, argument: argument, input: object)
        guard reader.missing.isEmpty else { throw .missingInBody(reader.missing) }
        self.init(route: route, parameters: try reader.parameters(), body: object)
    }
}

private struct ParameterReader {
    let route: Route
    let argument: String?
    let input: [String: APIValue]

    /// Names of mandatory parameters that were not given; alternatives are joined with `|`.
    var missing: [String] {
        route.parameters.filter { $0.isMandatory && given($0) == nil }
            .map { $0.names.joined(separator: "|") }
    }

    func parameters() throws(RequestError) -> [String: APIValue] {
        var values: [String: APIValue] = [:]
        for parameter in route.parameters {
            guard let given = given(parameter) else {
                values[parameter.name] = parameter.standard
                continue
            }
            values[parameter.name] = try read(given, parameter)
        }
        return values
    }

    private func given(_ parameter: Parameter) -> APIValue? {
        if parameter.place != .input, let argument { return .text(argument) }
        for name in parameter.names {
            if let value = input[name], value != .null { return value }
        }
        return nil
    }

    private func read(_ value: APIValue, _ parameter: Parameter) throws(RequestError) -> APIValue {
        switch parameter.kind {
        case .text:
            guard let text = plain(value) else {
                throw .wrongKind(parameter.name, expected: "text")
            }
            return .text(text)
        case .flag: return .bool(isYes(value))
        case .integer(let range):
            guard let number = value.asInteger ?? value.asText.flatMap({ Int64($0) }),
                range.contains(number)
            else {
                throw .wrongKind(
                    parameter.name,
                    expected: "an integer from \(range.lowerBound) to \(range.upperBound)")
            }
            return .integer(number)
        case .list:
            guard let texts = texts(value) else {
                throw .wrongKind(parameter.name, expected: "texts separated by commas")
            }
            return APIValue(texts)
        case .value: return value
        }
    }

    private func plain(_ value: APIValue) -> String? {
        switch value {
        case .text(let text): text.utf8.contains(0) ? nil : text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        default: nil
        }
    }

    private func isYes(_ value: APIValue) -> Bool {
        switch value {
        case .bool(let flag): flag
        case .integer(let number): number == 1
        case .number(let number): number == 1
        case .text(let text): ["1", "true", "True", "yes", "Yes", "YES", "ok"].contains(text)
        default: false
        }
    }

    private func texts(_ value: APIValue) -> [String]? {
        if let values = value.asArray {
            let texts = values.compactMap(plain)
            return texts.count == values.count ? texts : nil
        }
        return plain(value)?.split(separator: ",").map { part in
            let start = part.drop { $0 == " " }
            return String(start.prefix(start.count - start.reversed().prefix { $0 == " " }.count))
        }.filter { !$0.isEmpty }
    }
}
