internal import ArgumentParser
internal import Daemon
internal import Identities
internal import Model
internal import Pipelines
internal import Suppliers

struct Recover: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start again on a new machine from the key file and the suppliers.",
        discussion: """
            Examples:
              bitdust recover ~/usb/alice.key --suppliers /mnt/a/bd,/mnt/b/bd
              bitdust recover alice.key --suppliers /mnt/a/bd,/mnt/b/bd --passphrase-file p.txt
              bitdust join 4-walnut-orbit && bitdust recover alice.key
              bitdust recover alice.key --from bob.example,10.0.0.7:7771

            Suppliers in the network are found by what the key file says, by the DHT, or by asking \
            the hosts of the network that was joined. Not all suppliers are needed: as many as the \
            scheme has data fragments, 2 of 4 for the built-in ones. Then `bitdust restore` brings \
            the files back.
            """)

    @Argument(help: "The key file.", completion: .file())
    var file: RawPath

    @Option(
        help: ArgumentHelp("Directories of the suppliers that are left.", valueName: "dir,dir,..."),
        completion: .directory)
    var suppliers: DirectoryList?

    @Option(help: ArgumentHelp("Where suppliers in the network are.", valueName: "places"))
    var from: String?

    @OptionGroup(title: "Passphrase") var source: PassphraseOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        if suppliers != nil && from != nil {
            throw ValidationError("--suppliers and --from exclude each other.")
        }
    }

    func run(in context: CommandContext) throws {
        let start = context.time.uptime
        let network = context.network
        let isNewDevice = try joinDevices(context)
        let places = from.map { $0.split(separator: ",").map(String.init) }
        var friends: [DisplayName] = []
        let (customer, report) = try context.stoppable { cancellation in
            try Customer.recover(
                home: context.home, keyFile: file.absolute().bytes,
                supplierDirectories: suppliers?.absolute ?? [],
                deviceName: context.environment.deviceName, adapters: context.adapters,
                cancellation: cancellation,
                waiting: WaitText.teller(context.console, output: .normal),
                findSuppliers: { search in
                    try waiting {
                        try await Recover.places(
                            for: search, in: network, named: places, isNewDevice: isNewDevice)
                    }
                },
                keep: { customer in
                    // Those with whom the lost machine had agreed are friends of this one.
                    guard let noted = try customer.notedFriends() else { return }
                    friends = try FriendBook.restore(noted, to: network.home)
                }
            ) {
                try source.passphrase(isNew: false, canAsk: context.canAsk)
            }
        }
        defer { customer.close() }
        let duration = context.time.uptime - start
        for line in Recover.lines(report, durationNanoseconds: duration) {
            try context.console.out(line)
        }
        try tell(friends, context)
        guard let last = report.snapshots.last else { return }
        let name = shellWord(Array(last.snapshot.setName.utf8))
        context.console.message("Next: " + context.command("restore \(name) --target ~/restored"))
    }

    /// Where suppliers may be.
    private static func places(
        for search: RecoverySearch, in network: CustomerNetwork, named places: [String]?,
        isNewDevice: Bool
    ) async throws -> [String] {
        if let places {
            return try await network.find(places, as: search.caller).map(\.address.description)
        }
        // Suppliers that know our document look for the new one when they first see a device that
        // it does not name.
        if isNewDevice { _ = try await network.find(nil, as: search.caller) }
        let found = isNewDevice ? try await network.find(nil, as: search.caller) : []
        return found.isEmpty
            ? try await network.findSuppliers(search) : found.map(\.address.description)
    }

    /// Makes this machine one of the devices of the identity's document, where a document is
    /// published; suppliers that know it let no other device in.
    ///
    /// - Returns: whether it has.
    private func joinDevices(_ context: CommandContext) throws -> Bool {
        let actions = RootActions(home: context.network.home, setting: context.network.setting)
        guard suppliers == nil, try actions.document == nil,
            try context.network.joined() != nil
        else { return false }
        let root = try KeyFileOption.read(file, source, context)
        let published = try? waiting { try await actions.recover(root, sources: []) }
        guard let published else { return false }
        try context.console.out(
            "document   \(published.document.globalID), revision "
                + "\(published.document.revision), on \(published.serverCount) of "
                + "\(published.sourceCount) identity servers")
        return true
    }

    private func tell(_ names: [DisplayName], _ context: CommandContext) throws {
        guard !names.isEmpty else { return }
        try context.console.out("friends    " + names.map(\.text).joined(separator: ", "))
        context.console.message(
            "To keep their data again: " + context.command("supplier start --donate SIZE"))
    }

    /// What was found.
    static func lines(_ report: RecoveryReport, durationNanoseconds: UInt64) -> [String] {
        let (identity, sets) = (report.identity, setTexts(report.snapshots))
        return [
            "identity   \(identity.name) (\(identity.user.short)), this device: "
                + identity.deviceName,
            "suppliers  \(report.suppliersAnswered) of \(report.suppliersTotal) answered "
                + "(need \(report.suppliersNeeded))   catalog \(sizeText(report.catalogByteCount)) "
                + "fetched, verified, \(durationText(durationNanoseconds))",
            sets.isEmpty
                ? "no snapshots"
                : "\(countText(UInt64(sets.count), "backup set")): " + sets.joined(separator: ", "),
        ]
    }

    /// `docs (12 snapshots, last 2026-11-20 22:10)`, by name.
    private static func setTexts(_ snapshots: [(id: SnapshotID, snapshot: Snapshot)]) -> [String] {
        let sets = Dictionary(grouping: snapshots.map(\.snapshot), by: \.setName)
        return sets.sorted { $0.key < $1.key }.map { name, members in
            let last = members.map(\.taken).max() ?? 0
            return "\(name) (\(countText(UInt64(members.count), "snapshot")), last "
                + "\(localTimeText(nanoseconds: last)))"
        }
    }
}
