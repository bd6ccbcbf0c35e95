internal import ArgumentParser
internal import Model
internal import Pipelines
internal import Placement

struct Reshape: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Code what is stored by another scheme.",
        discussion: """
            Examples:
              bitdust reshape --scheme 3+2
              bitdust reshape --survive 3
              bitdust reshape               what fits the suppliers at hand

            Each block is stored anew, in full, before its old fragments are given up; a run that \
            was stopped goes on where it was. Suppliers need room for both for a while.
            """)

    @Option(help: ArgumentHelp("Data and parity fragments of each block.", valueName: "k+m"))
    var scheme: String?

    @Option(help: ArgumentHelp("Stand the loss of any so many suppliers.", valueName: "count"))
    var survive: Int?

    @Flag(help: "Leave it to the node, which does it by and by.")
    var later = false

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        if scheme != nil && survive != nil {
            throw ValidationError("--scheme and --survive exclude each other.")
        }
        if let scheme, ErasureScheme(scheme) == nil {
            throw ValidationError("--scheme takes two counts like 8+12, together at most 255.")
        }
    }

    private var redundancy: Redundancy {
        if let scheme, let wanted = ErasureScheme(scheme) { return .scheme(wanted) }
        return survive.map { .survive($0) } ?? .automatic
    }

    func run(in context: CommandContext) throws {
        guard !later else {
            try context.withCustomer { try $0.wantReshape(redundancy) }
            return try context.console.out("noted: the node codes it anew by and by")
        }
        let report = try context.withCustomer { customer in
            try context.transfer(CheckProgress(), output: output) { cancellation, progress in
                try customer.reshape(redundancy, cancellation: cancellation) { done, total in
                    progress(CheckProgress(done: done, total: total))
                }
            }
        }
        if output.json { return try context.console.out(Reshape.message(report).line) }
        let left =
            report.blocksLeft > 0 ? ", \(countText(report.blocksLeft)) left as they were" : ""
        try context.console.out(
            "\(countText(UInt64(report.blocksReshaped), "block")) coded as \(report.scheme), "
                + "\(countText(report.blocksSame)) were\(left); "
                + "\(sizeText(report.bytesStored)) sent")
        guard report.blocksLeft > 0 else { return }
        throw Shortfall(
            status: .belowTarget,
            message: "\(countText(UInt64(report.blocksLeft), "block")) could not be coded anew")
    }

    private static func message(_ report: ReshapeReport) -> JSON {
        .object([
            JSONField("message_type", "summary"),
            JSONField("scheme", report.scheme.description),
            JSONField("blocks_reshaped", report.blocksReshaped),
            JSONField("blocks_same", report.blocksSame),
            JSONField("blocks_left", report.blocksLeft),
            JSONField("bytes_sent", report.bytesStored),
            JSONField("fragments_retired", report.fragmentsRetired),
        ])
    }
}
