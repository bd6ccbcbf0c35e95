// swift-tools-version: 6.2
import PackageDescription

// Targets and arrows are those of ARCHITECTURE.md; Tests/TidyTests holds this file against it.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    // Only while developing: a newer compiler's new warning must not stop anyone's release build.
    .treatAllWarnings(as: .error, .when(configuration: .debug)),
]
/// Byte loops are 170 times slower without the optimiser: these targets have it in debug too.
let hot: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]
let hotC: [CSetting] = [.unsafeFlags(["-O3"])]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "bitdust",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "bitdust", targets: ["bitdust"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Exact: CBoringGCM names symbols of its BoringSSL (docs/decisions/0005-boringgcm.md).
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // 0 - C
        .target(name: "CKernels", cSettings: hotC),
        .target(name: "CBoringGCM"),
        .systemLibrary(name: "CErasureCode", providers: [.apt(["liberasurecode-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

        // 1 - nouns
        .target(name: "Model", dependencies: ["CKernels"], swiftSettings: hot),

        // 2 - stages
        .target(name: "Hashing", dependencies: ["Model", "CKernels"], swiftSettings: hot),
        .target(name: "Chunking", dependencies: ["Model", "CKernels"], swiftSettings: hot),
        .target(
            name: "Compressing", dependencies: ["Model", "CZstd", "CZlib"], swiftSettings: hot),
        .target(
            name: "Sealing", dependencies: ["Model", "Hashing", "COpenSSL", "CBoringGCM", crypto],
            swiftSettings: hot),
        .target(
            name: "ErasureCoding", dependencies: ["Model", "CKernels", "CErasureCode"],
            swiftSettings: hot),
        .target(name: "Identities", dependencies: ["Model", crypto], swiftSettings: strict),
        .target(name: "Placement", dependencies: ["Model"], swiftSettings: strict),
        .target(name: "FileTrees", dependencies: ["Model", "CKernels"], swiftSettings: hot),

        // 3 - SQLite
        .target(name: "Catalogs", dependencies: ["Model", grdb], swiftSettings: strict),

        // 4 - the supplier's side
        .target(
            name: "Suppliers",
            dependencies: ["Model", "CKernels", "Hashing", "Identities", "Catalogs"],
            swiftSettings: hot),

        // 5 - the customer's side
        .target(
            name: "Pipelines",
            dependencies: [
                "Model", "Hashing", "Chunking", "Compressing", "Sealing", "ErasureCoding",
                "Identities", "Placement", "FileTrees", "Catalogs", "Suppliers",
            ],
            swiftSettings: hot),

        // 6 - fakes, faults, conformance suites; measuring
        .target(
            name: "Simulation",
            dependencies: ["Model", "Hashing", "Identities", "Catalogs", "Suppliers", "Pipelines"],
            swiftSettings: strict),
        .target(
            name: "Measuring",
            dependencies: [
                "Model", "Hashing", "Chunking", "Compressing", "Sealing", "ErasureCoding",
                "Placement", "Pipelines", "CZstd", "COpenSSL",
            ],
            swiftSettings: hot),

        // 7 - the binary
        .executableTarget(
            name: "bitdust",
            dependencies: [
                "CKernels", "Model", "Hashing", "Compressing", "Sealing", "ErasureCoding",
                "Identities", "Placement", "FileTrees", "Catalogs", "Suppliers", "Pipelines",
                "Measuring", argumentParser,
            ],
            swiftSettings: strict),

        .testTarget(
            name: "ModelTests", dependencies: ["Model", "CKernels"], swiftSettings: strict),
        .testTarget(
            name: "HashingTests", dependencies: ["Hashing", "Model"], swiftSettings: strict),
        .testTarget(
            name: "ChunkingTests", dependencies: ["Chunking", "Model"], swiftSettings: strict),
        .testTarget(
            name: "CompressingTests", dependencies: ["Compressing", "Model"],
            swiftSettings: strict),
        .testTarget(
            name: "SealingTests", dependencies: ["Sealing", "Model", "Hashing", "CZlib", crypto],
            swiftSettings: strict),
        .testTarget(
            name: "ErasureCodingTests", dependencies: ["ErasureCoding", "Model"],
            swiftSettings: hot),
        .testTarget(
            name: "IdentitiesTests", dependencies: ["Identities", "Model", crypto],
            swiftSettings: strict),
        .testTarget(
            name: "PlacementTests", dependencies: ["Placement", "Model"], swiftSettings: strict),
        .testTarget(
            name: "FileTreesTests", dependencies: ["FileTrees", "Model"], swiftSettings: strict),
        .testTarget(
            name: "CatalogsTests", dependencies: ["Catalogs", "Model"], swiftSettings: strict),
        .testTarget(
            name: "SuppliersTests",
            dependencies: [
                "Suppliers", "Simulation", "Model", "Hashing", "Identities", "Catalogs",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "PipelinesTests",
            dependencies: [
                "Pipelines", "Simulation", "Model", "Hashing", "Sealing", "ErasureCoding",
                "Identities", "Placement", "FileTrees", "Catalogs", "Suppliers", "Compressing",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MeasuringTests",
            dependencies: [
                "Measuring", "Model", "Compressing", "ErasureCoding", "Pipelines",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "BitdustTests",
            dependencies: [
                "bitdust", "Model", "Compressing", "FileTrees", "Measuring", "Placement",
                "Pipelines", argumentParser,
            ],
            swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ]
)
