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

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(
    name: "HummingbirdCore", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "bitdust",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "bitdust", targets: ["bitdust"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Exact: CBoringGCM names symbols of its BoringSSL (docs/decisions/0005-boringgcm.md).
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
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
        .target(name: "Placement", dependencies: ["Model"], swiftSettings: hot),
        .target(name: "FileTrees", dependencies: ["Model", "CKernels"], swiftSettings: hot),

        .target(name: "Settings", dependencies: ["Model", "Services"], swiftSettings: strict),
        .target(name: "Services", dependencies: ["Model"], swiftSettings: strict),
        .target(name: "APIModel", dependencies: ["Model"], swiftSettings: strict),

        // 3 - SQLite; sockets
        .target(name: "Catalogs", dependencies: ["Model", grdb], swiftSettings: strict),
        .target(
            name: "Networking",
            dependencies: [
                "Model", "Identities", crypto, nioCore, nioPosix, nioHTTP1, nioTLS, nioSSL,
            ],
            swiftSettings: strict),

        // 4 - the supplier's side
        .target(
            name: "Suppliers",
            dependencies: ["Model", "CKernels", "Hashing", "Identities", "Catalogs"],
            swiftSettings: hot),

        // 4 - who is who, and where
        .target(
            name: "DHT", dependencies: ["Model", "Identities", "Networking", crypto],
            swiftSettings: hot),
        .target(
            name: "IdentityServers",
            dependencies: ["Model", "Hashing", "Identities", "Catalogs", "Networking"],
            swiftSettings: strict),

        // 5 - the customer's side
        .target(
            name: "Rebuilding",
            dependencies: ["Model", "Hashing", "ErasureCoding", "Placement", "Suppliers"],
            swiftSettings: hot),
        .target(
            name: "Pipelines",
            dependencies: [
                "Model", "Hashing", "Chunking", "Compressing", "Sealing", "ErasureCoding",
                "Identities", "Placement", "FileTrees", "Catalogs", "Suppliers", "Rebuilding",
            ],
            swiftSettings: hot),

        // 6 - the node
        .target(
            name: "Daemon",
            dependencies: [
                "Model", "Hashing", "Sealing", "Identities", "Settings", "Services", "APIModel",
                "Networking", "DHT", "IdentityServers", "Placement", "Suppliers", "Rebuilding",
                "Pipelines", hummingbird, hummingbirdCore,
                logging, nioCore, nioPosix, nioHTTP1,
                nioWebSocket,
            ],
            swiftSettings: strict),

        // 6 - fakes, faults, conformance suites; measuring
        .target(
            name: "Simulation",
            dependencies: [
                "Model", "Hashing", "Identities", "Placement", "Catalogs", "Suppliers",
                "Pipelines", "DHT",
            ],
            swiftSettings: hot),
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
                "Measuring", "APIModel", "IdentityServers", "Daemon", argumentParser,
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
            name: "SimulationTests", dependencies: ["Simulation", "Model", "Placement"],
            swiftSettings: strict),
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
            name: "RebuildingTests",
            dependencies: [
                "Rebuilding", "Simulation", "Model", "Hashing", "ErasureCoding", "Identities",
                "Placement", "Suppliers",
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
        .testTarget(
            name: "SettingsTests", dependencies: ["Settings", "Services", "Model"],
            swiftSettings: strict),
        .testTarget(
            name: "ServicesTests", dependencies: ["Services", "Model"], swiftSettings: strict),
        .testTarget(
            name: "APIModelTests", dependencies: ["APIModel", "Model"], swiftSettings: strict),
        .testTarget(
            name: "NetworkingTests",
            dependencies: [
                "Networking", "Model", "Identities", crypto, nioCore, nioPosix, nioHTTP1, nioTLS,
                nioSSL,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "DHTTests",
            dependencies: ["DHT", "Simulation", "Model", "Identities", "Networking", crypto],
            swiftSettings: hot),
        .testTarget(
            name: "IdentityServersTests",
            dependencies: [
                "IdentityServers", "Simulation", "Model", "Identities", "Catalogs", "Networking",
                crypto,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "Daemon", "Simulation", "Model", "Identities", "Settings", "Services", "APIModel",
                "Catalogs", "Networking", "DHT", "IdentityServers", "Placement", "Suppliers",
                "Rebuilding", "Pipelines", "Hashing", "Sealing", logging, nioCore, nioPosix,
                nioHTTP1,
            ],
            swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ]
)
