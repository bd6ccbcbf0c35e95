import APIModel
import Foundation
import Testing

@Suite struct OpenAPITests {
    private let document = OpenAPIDocument.value(version: "1")

    private func operations() -> [(path: String, verb: String, fields: APIValue)] {
        (document["paths"]?.asObject ?? [:]).flatMap { path, item in
            (item.asObject ?? [:]).map { (path, $0.key, $0.value) }
        }
    }

    @Test func `docs openapi json is what the routes say`() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/openapi.json")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Data(document.printed).write(to: url)
        }
        let kept = [UInt8](try Data(contentsOf: url))
        #expect(kept == document.printed, "write it anew: UPDATE_GOLDEN=1 swift test")
    }

    @Test func `every route and verb has one operation with an id of its own`() {
        let count = RouteTable.all.map(\.verbs.count).reduce(0, +)
        #expect(operations().count == count)
        #expect(Set(operations().compactMap { $0.fields["operationId"]?.asText }).count == count)
    }

    @Test func `what stands in braces in a path is a parameter of the path, and nothing else`() {
        for (path, verb, fields) in operations() {
            let named = path.split(separator: "/").filter { $0.hasPrefix("{") }
                .map { $0.dropFirst().dropLast() }
            let parameters = fields["parameters"]?.asArray ?? []
            let inPath = parameters.filter { $0["in"] == "path" }
            #expect(inPath.compactMap { $0["name"]?.asText } == named.map(String.init), "\(path)")
            #expect(inPath.allSatisfy { $0["required"] == true }, "\(path)")
            #expect(verb == "get" || inPath.count == parameters.count, "\(path)")
            #expect(verb != "get" || fields["requestBody"] == nil, "\(path)")
        }
    }

    @Test func `references lead somewhere`() {
        func references(_ value: APIValue) -> [String] {
            let nested = (value.asArray ?? []) + (value.asObject ?? [:]).values
            return nested.flatMap(references) + [value["$ref"]?.asText].compactMap { $0 }
        }
        let all = references(document)
        #expect(!all.isEmpty)
        for reference in Set(all) {
            let path = reference.dropFirst(2).split(separator: "/").map(String.init)
            #expect(path.reduce(document as APIValue?) { $0?[$1] } != nil, "\(reference)")
        }
    }
}

@Suite struct RESTPageTests {
    private static let url = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/rest.md")
    private static let heading = "| verb | path | short | method | parameters |\n"

    private var table: String {
        let lines = RouteTable.all.map { route in
            let verbs = route.verbs.map(\.rawValue).joined(separator: ", ")
            let parameters = route.parameters.filter { $0.place == .input }
                .map { $0.isMandatory ? "**\($0.name)**" : $0.name }.joined(separator: ", ")
            let later = route.isBuilt ? "" : " *later*"
            return "| \(verbs) | `\(route.paths[0])`\(later) | `/\(route.short)` | "
                + "`\(route.method)` | \(parameters) |\n"
        }
        return Self.heading + "|---|---|---|---|---|\n" + lines.joined()
    }

    @Test func `the page's table is what the routes say, mandatory parameters in bold`() throws {
        let page = try String(contentsOf: Self.url, encoding: .utf8)
        let start = page.firstRange(of: Self.heading)?.lowerBound ?? page.endIndex
        let expected = String(page[..<start]) + table
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try expected.write(to: Self.url, atomically: true, encoding: .utf8)
        } else {
            #expect(page == expected, "write it anew: UPDATE_GOLDEN=1 swift test")
        }
    }
}
