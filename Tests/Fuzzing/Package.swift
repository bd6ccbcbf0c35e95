// swift-tools-version: 6.2
import PackageDescription

// The decoders of the product, built so that libFuzzer sees which branches an input takes and
// AddressSanitizer sees what it does to memory. A package of its own, since these flags must not
// get near the product; its sources are links to those of the product. `scripts/fuzz` runs it.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]
let watched: [SwiftSetting] =
    strict + [
        .unsafeFlags(["-O", "-sanitize=fuzzer,address"])
    ]
let watchedC: [CSetting] = [
    .unsafeFlags(["-O2", "-fsanitize=fuzzer-no-link", "-fsanitize=address"])
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")

let package = Package(
    name: "bitdust-fuzzing",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ],
    targets: [
        .target(name: "CKernels", cSettings: watchedC),
        .target(name: "CBoringGCM"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto"),
        .target(name: "Model", dependencies: ["CKernels"], swiftSettings: watched),
        .target(name: "Hashing", dependencies: ["Model", "CKernels"], swiftSettings: watched),
        .target(
            name: "Compressing", dependencies: ["Model", "CZstd", "CZlib"],
            swiftSettings: watched),
        .target(
            name: "Sealing", dependencies: ["Model", "Hashing", "COpenSSL", "CBoringGCM", crypto],
            swiftSettings: watched),
        .target(name: "Identities", dependencies: ["Model", crypto], swiftSettings: watched),
        .target(name: "Services", dependencies: ["Model"], swiftSettings: watched),
        .target(name: "Settings", dependencies: ["Model", "Services"], swiftSettings: watched),
        .target(
            name: "Networking",
            dependencies: [
                "Model", "Identities", crypto, nioCore, nioPosix, nioHTTP1, nioTLS, nioSSL,
            ],
            swiftSettings: watched),
        .target(name: "APIModel", dependencies: ["Model"], swiftSettings: watched),
        .target(name: "Catalogs", dependencies: ["Model", grdb], swiftSettings: watched),
        .target(
            name: "Suppliers",
            dependencies: ["Model", "CKernels", "Hashing", "Identities", "Catalogs"],
            swiftSettings: watched),
        .target(name: "Placement", dependencies: ["Model"], swiftSettings: watched),
        // What a rebuilder is handed over; the rebuilding itself reads nothing of anybody.
        .target(
            name: "Rebuilding", dependencies: ["Model", "Hashing", "Placement", "Suppliers"],
            swiftSettings: watched),
        .target(
            name: "DHT", dependencies: ["Model", "Identities", "Networking", crypto],
            swiftSettings: watched),
        .target(
            name: "IdentityServers",
            dependencies: ["Model", "Hashing", "Identities", "Catalogs", "Networking"],
            swiftSettings: watched),
        // Of the daemon only what reads what others wrote; all of it would take minutes to build.
        .target(
            name: "Daemon",
            dependencies: ["Model", "Hashing", "Identities", "IdentityServers", "APIModel"],
            swiftSettings: watched),

        .target(name: "CFuzzer"),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "CFuzzer", "Model", "Hashing", "Compressing", "Sealing", "Identities", "Settings",
                "APIModel", "Networking", "Suppliers", "Rebuilding", "DHT", "IdentityServers",
                "Daemon",
                nioCore, nioEmbedded, nioHTTP1,
            ],
            swiftSettings: strict + [.unsafeFlags(["-O", "-sanitize=address"])],
            linkerSettings: [
                .unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])
            ]),
    ]
)
