internal import Hashing
internal import Model
package import Pipelines
internal import Placement

/// Where files may be made, and how to be rid of them.
package struct Workspace: Sendable {
    /// Raw bytes, absolute; it exists and is empty.
    let path: [UInt8]
    /// Removes a file, or a directory with all that is below.
    let remove: @Sendable ([UInt8]) -> Void
    let adapters: Adapters

    package init(
        path: [UInt8], adapters: Adapters, remove: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.path = path
        self.adapters = adapters
        self.remove = remove
    }

    func place(_ name: String) -> [UInt8] { path + [UInt8(ascii: "/")] + Array(name.utf8) }
}

extension Exercise {
    /// A first backup into a fresh home, with suppliers on the same disk.
    static func backup(
        _ scheme: ErasureScheme, byteCount: Int, in workspace: Workspace
    ) -> [Exercise] {
        Material.allCases.map { material in
            let byteCount = material.diskByteCount(byteCount)
            return Exercise(.backup, detail(material, byteCount, scheme), hasOwnThreads: true) {
                let whole = try WholeBackup(material, scheme, byteCount: byteCount, in: workspace)
                return [
                    Contender("ours", .ours, byteCount: byteCount) {
                        try whole.removeHome()
                    } run: {
                        try whole.backup()
                    } checksum: {
                        whole.countsChecksum
                    },
                    Contender("write", .memory, byteCount: byteCount) {
                        try whole.removeHome()
                    } run: {
                        try whole.writePlain()
                    },
                ]
            }
        }
    }

    /// All of it back, into a fresh directory.
    static func restore(
        _ scheme: ErasureScheme, byteCount: Int, in workspace: Workspace
    ) -> [Exercise] {
        Material.allCases.map { material in
            let byteCount = material.diskByteCount(byteCount)
            return Exercise(.restore, detail(material, byteCount, scheme), hasOwnThreads: true) {
                let whole = try WholeBackup(material, scheme, byteCount: byteCount, in: workspace)
                try whole.removeHome()
                try whole.backup()
                return [
                    Contender("ours", .ours, byteCount: byteCount) {
                        whole.removeRestored()
                    } run: {
                        try whole.restore()
                    } checksum: {
                        try whole.restoredChecksum()
                    },
                    Contender("copy", .memory, byteCount: byteCount, makesTheSame: true) {
                        whole.removeRestored()
                    } run: {
                        try whole.copySources()
                    } checksum: {
                        try whole.restoredChecksum()
                    },
                ]
            }
        }
    }

    private static func detail(
        _ material: Material, _ byteCount: Int, _ scheme: ErasureScheme
    ) -> String { "\(material.rawValue), \(byteCountText(byteCount)), \(scheme)" }
}

extension Material {
    /// Many small files take longer than one large one: fewer bytes of them are enough.
    fileprivate func diskByteCount(_ byteCount: Int) -> Int {
        self == .sourceText ? byteCount / 4 : byteCount
    }
}

/// Generated files, a home beside them, and what comes back.
private final class WholeBackup {
    private let workspace: Workspace
    private let tree: GeneratedFiles
    private let scheme: ErasureScheme
    private var counts = SnapshotCounts()

    init(
        _ material: Material, _ scheme: ErasureScheme, byteCount: Int, in workspace: Workspace
    ) throws {
        self.workspace = workspace
        self.scheme = scheme
        tree = GeneratedFiles(
            directory: workspace.place("source"), material: material, byteCount: byteCount)
        workspace.remove(tree.directory)
        try tree.write()
    }

    deinit {
        for name in ["source", "home", "restored", "plain"] {
            workspace.remove(workspace.place(name))
        }
    }

    /// Of how much was found and stored.
    var countsChecksum: UInt64 { counts.filesNew &* 31 &+ counts.bytesTotal }

    func removeHome() throws {
        workspace.remove(workspace.place("home"))
        workspace.remove(workspace.place("plain"))
        try FilePath.makeDirectory(workspace.place("home"))
    }

    func removeRestored() {
        workspace.remove(workspace.place("restored"))
    }

    func backup() throws {
        let customer = try Customer.create(
            home: home, name: "bench", deviceName: "bench", adapters: workspace.adapters)
        defer { customer.close() }
        _ = try customer.useSuppliers(
            (1...scheme.fragmentCount).map { workspace.place("home/suppliers/\($0)") })
        var request = BackupRequest(paths: [tree.directory])
        request.redundancy = .scheme(scheme)
        counts = try customer.backup(request, cancellation: Cancellation()) { _ in }
            .snapshot.counts
    }

    func restore() throws {
        let customer = try Customer.open(home: home, adapters: workspace.adapters)
        defer { customer.close() }
        let request = RestoreRequest(
            snapshot: .latest(setName: nil), target: workspace.place("restored"))
        _ = try customer.restore(request, cancellation: Cancellation()) { _ in }
    }

    /// As many bytes as the fragments of the last backup, one after the other, and synced.
    func writePlain() throws {
        let piece = Material.incompressible.buffer(byteCount: 1 << 20)
        try FilePath.write(
            workspace.place("plain"), byteCount: Int(counts.bytesStored),
            repeating: piece.first(1 << 20), isSynced: true)
    }

    func copySources() throws {
        try tree.copy(to: workspace.place("restored"))
    }

    func restoredChecksum() throws -> UInt64 {
        try tree.checksum(at: workspace.place("restored"))
    }

    private var home: Home { Home(path: workspace.place("home")) }
}
