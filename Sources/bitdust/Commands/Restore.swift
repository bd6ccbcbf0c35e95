internal import ArgumentParser
internal import FileTrees
internal import Model
internal import Pipelines

struct Restore: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring files back.",
        discussion: """
            Examples:
              bitdust restore latest --target ~/restored
              bitdust restore docs --target ~/docs
              bitdust restore 7f3a91c0 mail/2026 notes.txt --target /tmp/found
              bitdust restore latest --target ~/docs --overwrite never --dry-run

            The contents of the folder that was backed up come straight into the target; of \
            several, each in a folder of its name. Files that are there and the same are not \
            read again, so an interrupted restore goes on when it is run again.
            """)

    @OptionGroup var choice: SnapshotArgument

    @Argument(help: "What to restore, as `bitdust ls` shows it (default: everything).")
    var paths: [RawPath] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where to put it; made when absent.", valueName: "dir"),
        completion: .directory)
    var target: RawPath

    @Option(
        help: ArgumentHelp(
            "What may be written over: always, if-changed or never.", valueName: "when"))
    var overwrite = OverwriteChoice.ifChanged

    @Flag(name: [.customShort("n"), .long], help: "Count, but write nothing.")
    var dryRun = false

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let texts = RestoreText(console: context.console, output: output)
        let report = try context.withCustomer { customer in
            let (id, snapshot) = try choice.find(in: customer)
            var request = RestoreRequest(
                snapshot: .prefix(id.description), target: target.absolute().bytes)
            request.paths = paths.map(\.bytes)
            request.overwrite = overwrite.policy
            request.isDryRun = dryRun
            try texts.starting(id, snapshot, target: target)
            // Of parts of a snapshot the total is known only at the end.
            let total = paths.isEmpty ? snapshot.counts : nil
            return try context.transfer(RestoreState(total: total), output: output) {
                cancellation, progress in
                try customer.restore(
                    request, cancellation: cancellation,
                    progress: { progress(RestoreState(total: total, progress: $0)) },
                    waiting: WaitText.teller(context.console, output: output))
            }
        }
        try texts.finished(report, isDryRun: dryRun)
        guard report.status != .done else { return }
        let count = countText(UInt64(report.problems.count), "file is", "files are")
        throw Shortfall(status: report.status, message: "\(count) missing or damaged")
    }
}

/// `always`, `if-changed` or `never`.
enum OverwriteChoice: String, ExpressibleByArgument, CaseIterable {
    case always
    case ifChanged = "if-changed"
    case never

    var policy: OverwritePolicy {
        switch self {
        case .always: .always
        case .ifChanged: .ifChanged
        case .never: .never
        }
    }
}

/// Which snapshot is meant: its id, the name of a set, or `latest`.
struct SnapshotArgument: ParsableArguments {
    @Argument(help: "First digits of a snapshot's id, the name of a set, or latest.")
    var snapshot: String

    /// The snapshot; a set's name goes before an id that reads the same.
    func find(in customer: Customer) throws -> (id: SnapshotID, snapshot: Snapshot) {
        let setNames = Set(try customer.snapshots().map(\.snapshot.setName))
        return try customer.find(SnapshotArgument.choice(snapshot, setNames: setNames))
    }

    /// What `text` means where these sets are.
    ///
    /// - Throws: `BD-NO-SNAPSHOT` for what can be neither.
    static func choice(_ text: String, setNames: Set<String>) throws(Failure) -> SnapshotChoice {
        if text == "latest" { return .latest(setName: nil) }
        if setNames.contains(text) { return .latest(setName: text) }
        let digits = text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (97...102).contains(byte) || (65...70).contains(byte)
        }
        if digits && (4...64).contains(text.utf8.count) { return .prefix(text.lowercased()) }
        let known = setNames.sorted().joined(separator: ", ")
        throw Failure(
            "BD-NO-SNAPSHOT", .failed,
            "there is no snapshot or set \"\(RawArguments.readable(text))\"",
            cause: setNames.isEmpty ? "nothing is backed up yet" : "the sets are: \(known)",
            remedy: "`bitdust snapshots` lists what there is")
    }
}
