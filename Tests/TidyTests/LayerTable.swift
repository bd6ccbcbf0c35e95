import Testing

/// A row of the layer table of ARCHITECTURE.md.
struct Layer: Equatable {
    let number: Int
    let target: String
    let mayImport: Set<String>
}

enum LayerTable {
    /// Modules that come with the toolchain; every target may import them.
    static let toolchain: Set<String> = [
        "Swift", "Glibc", "Musl", "Darwin", "Synchronization", "Dispatch", "Foundation",
        "FoundationEssentials",
    ]

    /// Reads `| layer | target | what | may import |` rows; the number is given once per layer.
    static func parse(_ text: String) -> [Layer] {
        var layers: [Layer] = []
        var number: Int?
        for line in text.split(separator: "\n") where line.hasPrefix("|") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .dropFirst().dropLast().map { names($0) }
            guard cells.count == 4 else { continue }
            number = cells[0].first.flatMap { Int($0) } ?? (cells[0].isEmpty ? number : nil)
            guard let number, let target = cells[1].first else { continue }
            layers.append(Layer(number: number, target: target, mayImport: Set(cells[3])))
        }
        return layers
    }

    private static func names(_ cell: Substring) -> [String] {
        cell.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
    }
}

/// The targets of Package.swift and what they depend on.
enum Manifest {
    /// Product targets by name; test targets are left out.
    static func targets(_ text: String) -> [String: Set<String>] {
        let products = products(text)
        var targets: [String: Set<String>] = [:]
        for kind in [".target(", ".systemLibrary(", ".executableTarget("] {
            for range in text.ranges(of: kind) {
                let call = balanced(text[range.upperBound...], close: ")")
                guard let name = quoted(call.drop { $0 != "\"" }).first else { continue }
                targets[name] = dependencies(call, products: products)
            }
        }
        return targets
    }

    private static func dependencies(
        _ call: Substring, products: [String: String]
    ) -> Set<String> {
        guard let start = call.firstRange(of: "dependencies: [") else { return [] }
        let list = balanced(call[start.upperBound...], close: "]")
        var names: Set<String> = []
        for item in list.split(separator: ",") {
            let item = item.filter { !$0.isWhitespace }
            guard !item.isEmpty else { continue }
            names.insert(quoted(Substring(item)).first ?? products[item] ?? item)
        }
        return names
    }

    /// `let crypto = Target.Dependency.product(name: "Crypto", …)`: crypto → Crypto.
    private static func products(_ text: String) -> [String: String] {
        var products: [String: String] = [:]
        for range in text.ranges(of: " = Target.Dependency.product(") {
            let name = text[..<range.lowerBound].split(separator: " ").last
            if let name, let product = quoted(text[range.upperBound...]).first {
                products[String(name)] = product
            }
        }
        return products
    }

    private static func balanced(_ text: Substring, close: Character) -> Substring {
        var depth = 0
        for index in text.indices {
            if "([".contains(text[index]) { depth += 1 }
            if ")]".contains(text[index]) {
                if depth == 0, text[index] == close { return text[..<index] }
                depth -= 1
            }
        }
        return text
    }

    private static func quoted(_ text: Substring) -> [String] {
        let parts = text.split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 ? [String(parts[1])] : []
    }
}

/// One `import` of a source file.
struct Import: Equatable {
    let line: Int
    let module: String

    static func all(in text: String) -> [Import] {
        SwiftCode(text).lines.enumerated().compactMap { index, line in
            guard line.contains("import ") else { return nil }
            let words = line.split { $0 == " " || $0 == "." }
            guard let at = words.firstIndex(of: "import"),
                words[..<at].allSatisfy({ $0.hasPrefix("@") || modifiers.contains($0) })
            else { return nil }
            let module = words[(at + 1)...].first { !kinds.contains($0) }
            return module.map { Import(line: index + 1, module: String($0)) }
        }
    }

    private static let modifiers: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private",
    ]
    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "func", "let", "var", "typealias",
    ]
}
