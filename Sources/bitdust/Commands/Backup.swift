internal import ArgumentParser
internal import Compressing
internal import Daemon
internal import Glibc
internal import Model
internal import Pipelines
internal import Placement

struct Backup: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Back up files and folders.",
        discussion: """
            Examples:
              bitdust backup ~/docs
              bitdust backup ~/docs ~/mail --name home --exclude '*.tmp' --exclude cache/
              bitdust backup ~/docs --suppliers /mnt/a/bd,/mnt/b/bd,/mnt/c/bd --survive 1
              bitdust backup ~/docs --to friends
              bitdust backup ~/docs --to mum,sam,10.0.0.7:7771
              bitdust backup ~/docs --dry-run

            The first run needs nothing else: it creates your identity and hires suppliers of the \
            network that you have joined, or, without one, makes four of them on this disk. Later \
            runs read only what changed.

            A list names friends, suppliers and users by id, and places: HOST or HOST:PORT; new \
            data goes to these and nobody else.
            """)

    @Argument(help: "What to back up.", completion: .file())
    var paths: [RawPath]

    @Option(help: "Name of the backup set (default: last part of the first path).")
    var name: String?

    @Option(help: ArgumentHelp("Leave out what matches, as in .gitignore.", valueName: "pattern"))
    var exclude: [String] = []

    @Option(help: ArgumentHelp("Stand the loss of any so many suppliers.", valueName: "count"))
    var survive: Int?

    @Option(
        help: ArgumentHelp("Data and parity fragments of a block, such as 10+6.", valueName: "k+m"))
    var scheme: String?

    @Option(
        help: ArgumentHelp(
            "Directories to use as suppliers; remembered. Best on different disks.",
            valueName: "dir,dir,..."),
        completion: .directory)
    var suppliers: DirectoryList?

    @Option(
        help: ArgumentHelp(
            "Whose suppliers: `friends`, `network`, or a list; remembered.",
            valueName: "friends|network|list"))
    var to: String?

    @Option(
        help: ArgumentHelp(
            "Send no more than 2MB/s or so; not to the local network, which is free of limits.",
            valueName: "rate"))
    var limitUpload: String?

    @Option(help: ArgumentHelp("zstd:LEVEL, deflate:LEVEL or none.", valueName: "codec"))
    var compression = "zstd:1"

    @Option(help: "A word to find the snapshot by.")
    var tag: [String] = []

    @Flag(name: [.customShort("n"), .long], help: "Read and count, but store nothing.")
    var dryRun = false

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        _ = try request()
        if let to {
            guard suppliers == nil else {
                throw ValidationError("--to and --suppliers exclude each other.")
            }
            guard SupplierChoice(to) != nil else {
                throw ValidationError(
                    "--to takes friends, network, or a list with commas, none twice.")
            }
        }
        _ = try limitUpload.map(Backup.rate)
        if let count = suppliers?.directories.count {
            guard Set(suppliers?.absolute ?? []).count == count else {
                throw ValidationError("--suppliers names a directory twice.")
            }
            guard count <= Limits.fragmentCountMax else {
                throw ValidationError("--suppliers takes at most \(Limits.fragmentCountMax).")
            }
        }
    }

    /// Bytes each second; `nil` for no limit.
    private static func rate(_ text: String) throws -> UInt64? {
        do {
            return try RateSchedule.rate(text)
        } catch {
            throw ValidationError(
                "--limit-upload takes 64KB/s or more, as in 2MB/s, or unlimited; not '\(text)'.")
        }
    }

    /// What the options ask for.
    ///
    /// - Throws: `ValidationError`.
    func request() throws -> BackupRequest {
        var request = BackupRequest(paths: paths.map(\.bytes))
        guard paths.count <= Limits.snapshotPathCountMax else {
            throw ValidationError("At most \(Limits.snapshotPathCountMax) paths at once.")
        }
        request.setName = try name?.checkedUTF8("--name")
        guard request.setName?.isEmpty != true else { throw ValidationError("--name is empty.") }
        request.excludes = try exclude.map { try $0.checkedUTF8("--exclude") }
        request.tags = try tag.map { try $0.checkedUTF8("--tag") }
        guard tag.count <= Limits.tagCountMax, !tag.contains(where: \.isEmpty) else {
            throw ValidationError("--tag takes 1 to \(Limits.tagCountMax) words.")
        }
        request.redundancy = try redundancy()
        request.isDryRun = dryRun
        guard let setting = CompressionSetting(compression) else {
            throw ValidationError(
                "--compression takes zstd:LEVEL, deflate:LEVEL or none, not '\(compression)'.")
        }
        request.compression = setting
        return request
    }

    private func redundancy() throws -> Redundancy {
        if survive != nil && scheme != nil {
            throw ValidationError("--survive and --scheme exclude each other.")
        }
        if let survive {
            guard (0..<Limits.fragmentCountMax).contains(survive) else {
                throw ValidationError("--survive takes 0 to \(Limits.fragmentCountMax - 1).")
            }
            return .survive(survive)
        }
        guard let scheme else { return .automatic }
        guard let parsed = ErasureScheme(scheme) else {
            throw ValidationError(
                "--scheme takes k+m with k at least 1 and k+m at most 255, not '\(scheme)'.")
        }
        return .scheme(parsed)
    }

    func run(in context: CommandContext) throws {
        try checkSources()
        let request = try request()
        if let limitUpload { context.network.limitUpload(try Backup.rate(limitUpload)) }
        let report: BackupReport
        let texts = BackupText(context: context, output: output)
        if dryRun, try !CommandContext.hasSuppliers(context) {
            report = try Scratch.with(context, purpose: "dry-run") { scratch in
                texts.note("Nothing is set up yet: this is what a first run would store.")
                return try store(request, home: scratch.home, in: context, texts: texts)
            }
        } else {
            report = try store(request, home: context.home, in: context, texts: texts)
        }
        guard report.status != .done else { return }
        throw Shortfall(status: report.status, message: texts.shortfall(report))
    }

    /// Nothing must be created for a path that was mistyped.
    private func checkSources() throws {
        var status = stat()
        let missing = paths.filter { lstat(cPath($0.bytes), &status) != 0 && errno == ENOENT }
        guard let first = missing.first else { return }
        let others = countText(missing.count - 1, "other", "others")
        let more = missing.count == 1 ? "" : ", nor do \(others) of the paths"
        throw Failure(
            "BD-NO-SOURCE", .failed, "\(displayText(first.bytes)) does not exist" + more,
            remedy: "check the spelling; nothing was changed")
    }

    /// Not for directories that were named, and not for a dry run, which changes nothing.
    private func prepareSuppliers(
        _ customer: Customer, home: Home, in context: CommandContext, texts: BackupText
    ) throws {
        guard suppliers == nil, !dryRun, home.path == context.home.path else { return }
        if let friends = try FriendBook.bytes(of: context.network.home) {
            try customer.note(friends: friends)
        }
        try FamilyChooser(
            context: context, customer: customer, texts: texts, redundancy: try redundancy()
        ).prepare(to.flatMap { SupplierChoice($0) })
    }

    private func store(
        _ request: BackupRequest, home: Home, in context: CommandContext, texts: BackupText
    ) throws -> BackupReport {
        let isNew = !Customer.exists(home: home)
        let customer =
            isNew
            ? try Customer.create(
                home: home, name: context.environment.userName,
                deviceName: context.environment.deviceName, adapters: context.adapters)
            : try Customer.open(home: home, adapters: context.adapters)
        defer { customer.close() }
        if isNew { texts.created(customer.identity) }
        // A dry run changes nothing, so it leaves the suppliers that are known as they are.
        let named = dryRun && !isNew ? nil : suppliers?.absolute
        try prepareSuppliers(customer, home: home, in: context, texts: texts)
        texts.joined(try customer.useSuppliers(named), named: named != nil)
        try texts.starting(request)
        let report = try context.transfer(BackupProgress(), output: output) {
            cancellation, progress in
            try customer.backup(request, cancellation: cancellation, progress: progress)
        }
        if !dryRun, let pointer = try customer.pointer(),
            try context.network.joined() != nil
        {
            let network = context.network
            // Suppliers keep the head, too: this only makes them easier to find.
            _ = try? waiting { try await network.publish(pointer) }
        }
        // Whom it does not reach hears of it from the node.
        if !dryRun { _ = try? RebuilderLink(context.network).syncAll(customer) }
        try texts.finished(report)
        if !dryRun { texts.advice(customer.identity, isNew: isNew) }
        return report
    }
}

extension CommandContext {
    /// Whether a backup could be stored without setting anything up.
    fileprivate static func hasSuppliers(_ context: CommandContext) throws -> Bool {
        guard Customer.exists(home: context.home) else { return false }
        return try context.withCustomer { try !$0.status().suppliers.isEmpty }
    }
}
