import Testing

/// Arrows point down only, and ARCHITECTURE.md, Package.swift and the imports say the same.
@Suite struct LayerTests {
    private let layers: [Layer]
    private let targets: [String: Set<String>]

    init() throws {
        self.layers = LayerTable.parse(try Repository.file("ARCHITECTURE.md").text)
        self.targets = Manifest.targets(try Repository.file("Package.swift").text)
    }

    @Test func `ARCHITECTURE.md and Package.swift name the same targets and arrows`() {
        let rows = Dictionary(grouping: layers, by: \.target)
        for (target, found) in targets.sorted(by: { $0.key < $1.key }) {
            guard let row = rows[target]?.first else {
                expectNone([Finding("ARCHITECTURE.md", "no row for the target \(target)")])
                continue
            }
            let differing = row.mayImport.symmetricDifference(found).sorted()
            if !differing.isEmpty {
                expectNone([
                    Finding(
                        "ARCHITECTURE.md",
                        "\(target): table and Package.swift part at \(differing)")
                ])
            }
        }
        let gone = Set(layers.map(\.target)).subtracting(targets.keys)
        expectNone(gone.sorted().map { Finding("Package.swift", "no target \($0)") })
        #expect(layers.count == Set(layers.map(\.target)).count)
    }

    @Test func `a target depends on lower layers or on its own, never in a circle`() {
        let numbers = Dictionary(layers.map { ($0.target, $0.number) }, uniquingKeysWith: max)
        for layer in layers {
            let above = layer.mayImport.filter { numbers[$0, default: 0] > layer.number }
            expectNone(
                above.sorted().map {
                    Finding(
                        "ARCHITECTURE.md", "\(layer.target) may not import \($0), a layer above")
                })
            #expect(!reached(from: layer.target).contains(layer.target), "a circle")
        }
    }

    @Test func `every import is in the table`() {
        let rows = Dictionary(layers.map { ($0.target, $0.mayImport) }, uniquingKeysWith: { $1 })
        for file in Repository.swift where file.isBelow("Sources") {
            let target = String(file.path.split(separator: "/")[1])
            expectNone(LayerTests.wrong(file, allowed: rows[target] ?? []))
        }
    }

    @Test func `a rebuild never holds a key`() {
        expectNone(
            reached(from: "Rebuilding").contains("Sealing")
                ? [Finding("Package.swift", "Rebuilding reaches Sealing: it works on sealed bytes")]
                : [])
    }

    @Test func `a rebuild names no private key`() {
        let allowed: Set = ["Model", "Hashing", "ErasureCoding", "Placement", "Suppliers"]
        #expect(targets["Rebuilding"] == allowed)
        let keys = ["IdentityKey", "DeviceKey", "SupplierKey", "RepositoryKeys", "RootSeed"]
        let files = Repository.swift.filter { $0.isBelow("Sources/Rebuilding") }
        #expect(!files.isEmpty)
        for file in files {
            expectNone(
                keys.filter { file.text.contains($0) }.map {
                    Finding(file.path, "\($0): a rebuild works on sealed bytes and holds no key")
                })
        }
    }

    @Test func `placement is a function of values`() {
        #expect(targets["Placement"] == ["Model"], "Placement may import Model and nothing else")
    }

    @Test func `SQLite is behind Catalogs`() {
        let importing = targets.filter { $0.value.contains("GRDB") }.keys.sorted()
        #expect(importing == ["Catalogs"], "import Catalogs, never GRDB")
    }

    @Test func `a wrong import is found`() {
        let text = """
            internal import Sealing
            package import Model
            @preconcurrency import struct Foundation.URL
            // import GRDB
            import GRDB
            """
        let file = RepositoryFile(path: "Sources/Placement/A.swift", text: text)
        #expect(Import.all(in: text).map(\.module) == ["Sealing", "Model", "Foundation", "GRDB"])
        #expect(LayerTests.wrong(file, allowed: ["Model"]).map(\.line) == [1, 5])
    }

    @Test func `the table and the manifest are read as they are written`() {
        let table = """
            | layer | target | what | may import |
            |---|---|---|---|
            | 0 | `CKernels` | C | - |
            | 1 | `Model` | nouns, ids | `CKernels` |
            |   | `Hashing` | BLAKE3 | `Model`, `CKernels` |
            """
        #expect(
            LayerTable.parse(table) == [
                Layer(number: 0, target: "CKernels", mayImport: []),
                Layer(number: 1, target: "Model", mayImport: ["CKernels"]),
                Layer(number: 1, target: "Hashing", mayImport: ["Model", "CKernels"]),
            ])
        let manifest = """
            let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
            .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
            .target(
                name: "Catalogs", dependencies: ["Model", grdb,
                ], swiftSettings: strict),
            .testTarget(name: "CatalogsTests", dependencies: ["Catalogs"]),
            """
        #expect(Manifest.targets(manifest) == ["CZlib": [], "Catalogs": ["Model", "GRDB"]])
    }

    private static func wrong(_ file: RepositoryFile, allowed: Set<String>) -> [Finding] {
        Import.all(in: file.text).filter {
            !allowed.contains($0.module) && !LayerTable.toolchain.contains($0.module)
        }.map {
            Finding(
                file.path, line: $0.line,
                "ARCHITECTURE.md allows no import of \($0.module) here; it allows "
                    + "\(allowed.sorted().joined(separator: ", "))")
        }
    }

    private func reached(from target: String) -> Set<String> {
        var reached: Set<String> = []
        var open = Array(targets[target] ?? [])
        while let next = open.popLast() {
            if reached.insert(next).inserted { open += targets[next] ?? [] }
        }
        return reached
    }
}
