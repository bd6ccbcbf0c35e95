/// The routes as an OpenAPI 3.1 document, for clients and for tools that test them.
package enum OpenAPIDocument {
    /// - Parameter version: of the product.
    package static func value(version: String) -> APIValue {
        var paths: [String: APIValue] = [:]
        for route in RouteTable.all {
            var item = paths[route.paths[0]]?.asObject ?? [:]
            for verb in route.verbs {
                item[verb.rawValue.lowercased()] = operation(route, verb)
            }
            paths[route.paths[0]] = .object(item)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "bitdust", "version": .text(version),
                "description": """
                Every route has more paths: see x-paths. Every answer is HTTP 200 with an \
                envelope, unless the caller is refused.
                """,
            ],
            "servers": ["http://localhost:8180", "http://127.0.0.1:8180", "http://[::1]:8180"]
                .servers,
            "security": [[:], ["api_secret": []]],
            "paths": .object(paths),
            "components": components,
        ]
    }

    private static func operation(_ route: Route, _ verb: Route.Verb) -> APIValue {
        let isSecond = verb != route.verbs[0]
        var fields: [String: APIValue] = [
            "operationId": .text(route.method + (isSecond ? "_\(verb.rawValue.lowercased())" : "")),
            "tags": [.text(route.group)],
            "summary": .text(route.answer),
            "x-paths": APIValue(route.paths),
            "x-service": .text(route.service),
            "x-implemented": .bool(route.isBuilt),
            "x-changes-state": .bool(route.changesState),
            "responses": responses(route),
        ]
        let path = route.parameters.filter { $0.place != .input }.map { parameter($0, in: "path") }
        let input = route.parameters.filter { $0.place == .input }
        let query = verb == .get ? input.map { parameter($0, in: "query") } : []
        if !(path + query).isEmpty { fields["parameters"] = .array(path + query) }
        if verb != .get, !input.isEmpty { fields["requestBody"] = body(input) }
        if route.id == "event/send" { fields["requestBody"] = body([]) }
        return .object(fields)
    }

    // MARK: Input

    private static func parameter(_ parameter: Parameter, in place: String) -> APIValue {
        var fields: [String: APIValue] = [
            "name": .text(parameter.name), "in": .text(place),
            "required": .bool(parameter.isMandatory), "schema": schema(parameter),
        ]
        fields["description"] = about(parameter)
        return .object(fields)
    }

    private static func body(_ parameters: [Parameter]) -> APIValue {
        var properties: [String: APIValue] = [:]
        for parameter in parameters {
            var schema = schema(parameter).asObject ?? [:]
            schema["description"] = about(parameter)
            properties[parameter.name] = .object(schema)
        }
        // One of several names will do, which `required` cannot say.
        let required = parameters.filter { $0.isMandatory && $0.names.count == 1 }.map(\.name)
        var object: [String: APIValue] = ["type": "object"]
        if !properties.isEmpty { object["properties"] = .object(properties) }
        if !required.isEmpty { object["required"] = APIValue(required) }
        let choices = parameters.filter { $0.isMandatory && $0.names.count > 1 }
        if !choices.isEmpty {
            object["allOf"] = .array(
                choices.map { choice in
                    ["anyOf": .array(choice.names.map { ["required": [.text($0)]] })]
                })
        }
        return [
            "required": .bool(parameters.contains(where: \.isMandatory)),
            "content": ["application/json": ["schema": .object(object)]],
        ]
    }

    private static func about(_ parameter: Parameter) -> APIValue? {
        let others = parameter.names.dropFirst()
        let names = others.isEmpty ? "" : "or by the name " + others.joined(separator: ", ")
        let text = [parameter.about, names].filter { !$0.isEmpty }.joined(separator: "; ")
        return text.isEmpty ? nil : .text(text)
    }

    private static func schema(_ parameter: Parameter) -> APIValue {
        var fields: [String: APIValue]
        switch parameter.kind {
        case .text: fields = ["type": "string"]
        case .flag: fields = ["$ref": "#/components/schemas/Flag"]
        case .integer(let range):
            fields = [
                "type": "integer", "minimum": .integer(range.lowerBound),
                "maximum": .integer(range.upperBound),
            ]
        case .list:
            fields = [
                "anyOf": [
                    ["type": "string"], ["type": "array", "items": ["type": "string"]],
                ]
            ]
        case .value: fields = [:]
        }
        fields["default"] = parameter.standard
        return .object(fields)
    }

    // MARK: Answers

    private static func responses(_ route: Route) -> APIValue {
        let content: APIValue =
            switch route.id {
            case "event/stream": ["text/event-stream": ["schema": ["type": "string"]]]
            case "api/openapi": ["application/json": ["schema": ["type": "object"]]]
            default:
                ["application/json": ["schema": ["$ref": "#/components/schemas/Envelope"]]]
            }
        return [
            "200": ["description": .text(route.answer), "content": content],
            "401": ["$ref": "#/components/responses/Refused"],
            "403": ["$ref": "#/components/responses/Refused"],
        ]
    }

    private static let components: APIValue = [
        "schemas": [
            "Flag": [
                "description": """
                true exactly for the texts 1 true True yes Yes YES ok, for 1 and for true
                """,
                "anyOf": [["type": "boolean"], ["type": "integer"], ["type": "string"]],
            ],
            "Envelope": [
                "type": "object", "required": ["status", "execution"],
                "properties": [
                    "status": ["enum": ["OK", "ERROR"]],
                    "execution": ["type": "string", "pattern": "^[0-9]+\\.[0-9]{6}$"],
                    "result": [:], "message": ["type": "string"], "reason": ["type": "string"],
                    "errors": ["type": "array", "items": ["type": "string"]],
                ],
            ],
        ],
        "responses": [
            "Refused": [
                "description": "another user without the secret (401), or a web page (403)",
                "content": [
                    "application/json": ["schema": ["$ref": "#/components/schemas/Envelope"]]
                ],
            ]
        ],
        "securitySchemes": [
            "api_secret": ["type": "apiKey", "in": "header", "name": "api_secret"]
        ],
    ]
}

extension [String] {
    fileprivate var servers: APIValue {
        .array(map { ["url": .text($0)] })
    }
}
