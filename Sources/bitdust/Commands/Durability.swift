internal import ArgumentParser
internal import Model
internal import Pipelines
internal import Placement

struct Durability: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Work out how likely it is that suppliers dying lose data.",
        discussion: """
            Examples:
              bitdust durability
              bitdust durability --mttf 1y --repair 36h
              bitdust durability --shock 33% --shock-every 5y --plot durability.svg
              bitdust durability --scheme 4+4 --scheme 8+12 --json

            Two ways that know nothing of each other: a Markov chain, and lives of blocks played \
            with random numbers. Without --scheme it takes the schemes of your backups, without \
            backups those of 2, 4, 8 and 20 suppliers. docs/durability.md says what is assumed, \
            and what no such number covers.
            """)

    @Option(
        help: ArgumentHelp(
            "How long a supplier stays on average: 36h, 180d, 2y (default: 180d).",
            valueName: "time"))
    var mttf: String?

    @Option(
        help: ArgumentHelp(
            """
            How long until a lost fragment is back on average, grace and all (default: what your \
            repairs have taken, 2d before the first).
            """,
            valueName: "time"))
    var `repair`: String?

    @Flag(help: "Repairs of a block wait for each other, as where the transfer takes long.")
    var serial = false

    @Option(
        help: ArgumentHelp(
            "Also shocks that take each supplier with this chance at one moment: 33%.",
            valueName: "share"))
    var shock: String?

    @Option(
        help: ArgumentHelp("How often a shock comes on average (default: 10y).", valueName: "time"))
    var shockEvery: String?

    @Option(
        help: ArgumentHelp(
            "Data and parity fragments of a block; may be repeated.", valueName: "k+m"))
    var scheme: [String] = []

    @Option(
        help: ArgumentHelp(
            "Write the plot there, loss over repair time, as SVG.", valueName: "file"),
        completion: .file(extensions: ["svg"]))
    var plot: RawPath?

    @Option(help: ArgumentHelp("Repeats the random numbers (default: 1).", valueName: "number"))
    var seed: UInt64 = 1

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws { _ = try question() }

    func run(in context: CommandContext) throws {
        var question = try question()
        if question.schemes.isEmpty { try question.look(in: context) }
        if `repair` == nil { try question.measureRepairs(in: context) }
        let text = DurabilityText(question: question, outlooks: question.outlooks(seed: seed))
        if output.json {
            try context.console.out(text.message.line)
        } else {
            for line in text.lines { try context.console.out(line) }
        }
        guard let plot else { return }
        try OutputFile.write(DurabilityPlot(question: question).text, to: plot.absolute())
    }

    /// What the options ask for.
    ///
    /// - Throws: `ValidationError`.
    func question() throws -> DurabilityQuestion {
        var question = DurabilityQuestion()
        question.lifetimeDays =
            try Durability.days(
                mttf, "--mttf", within: Limits.supplierLifetimeDays) ?? question.lifetimeDays
        question.repairDays =
            try Durability.days(
                `repair`, "--repair", within: Limits.repairDays) ?? question.repairDays
        question.repair = serial ? .serial : .parallel
        let interval = try Durability.days(
            shockEvery, "--shock-every", within: Limits.supplierLifetimeDays)
        if let shock {
            guard let share = DayText.share(shock) else {
                throw ValidationError("--shock takes a share above 0% up to 100%, not '\(shock)'.")
            }
            question.shocks = DurabilityModel.Shocks(
                share: share, intervalDays: interval ?? Limits.shockIntervalDaysDefault)
        } else if interval != nil {
            throw ValidationError("--shock-every needs --shock, such as --shock 33%.")
        }
        guard scheme.count <= Limits.durabilitySchemeCountMax else {
            throw ValidationError(
                "--scheme may be given \(Limits.durabilitySchemeCountMax) times.")
        }
        question.schemes = try scheme.map { text in
            guard let scheme = ErasureScheme(text) else {
                throw ValidationError(
                    "--scheme takes k+m with k at least 1 and k+m at most 255, not '\(text)'.")
            }
            return DurabilityQuestion.Asked(scheme: scheme)
        }
        return question
    }

    private static func days(
        _ text: String?, _ option: String, within range: ClosedRange<Double>
    ) throws -> Double? {
        guard let text else { return nil }
        guard let days = DayText.days(text), range.contains(days) else {
            throw ValidationError(
                "\(option) takes a time from \(DayText.text(range.lowerBound)) to "
                    + "\(DayText.text(range.upperBound)), such as 36h, 2d or 1y, not '\(text)'.")
        }
        return days
    }
}

/// What is to be worked out, and for whom.
struct DurabilityQuestion {
    /// A scheme, and what there is of it.
    struct Asked: Hashable {
        let scheme: ErasureScheme
        /// At least as many as the scheme has fragments.
        var supplierCount: Int
        /// Blocks of the repository; `nil` when it was asked for by name only.
        var blockCount: Int?

        init(scheme: ErasureScheme, supplierCount: Int? = nil, blockCount: Int? = nil) {
            self.scheme = scheme
            self.supplierCount = max(supplierCount ?? 0, scheme.fragmentCount)
            self.blockCount = blockCount
        }
    }

    var lifetimeDays = Limits.supplierLifetimeDaysDefault
    var repairDays = Limits.repairDaysDefault
    /// The mean of the repairs of this repository; ``repairDays`` is at least grace.
    var measuredDays: Double?
    /// How that is known.
    var repairOrigin = RepairOrigin.given

    enum RepairOrigin: Hashable {
        case given
        /// Nothing was repaired yet.
        case assumed
        /// The mean of so many repairs of this repository.
        case measured(Int)
    }

    var repair = DurabilityModel.Repair.parallel
    var shocks: DurabilityModel.Shocks?
    var schemes: [Asked] = []
    /// The suppliers are directories of one disk, which no model of single deaths fits.
    var sharesOneDisk = false

    /// Events of the trials of each scheme and timing: a second of an optimised build, two with
    /// shocks.
    var trialEventCount: Int { shocks == nil ? 20_000_000 : 40_000_000 }

    /// The scheme of which more is told: the weakest of the repository, else the built-in
    /// network's, else the first that was asked for.
    func told(_ outlooks: [DurabilityOutlook]) -> Int? {
        if schemes.contains(where: { $0.blockCount != nil }) {
            return outlooks.indices.max { outlooks[$0].lossPerYear < outlooks[$1].lossPerYear }
        }
        return isUsual ? 1 : outlooks.indices.first
    }

    /// Neither named nor stored: the schemes of some numbers of suppliers.
    private(set) var isUsual = false

    /// Takes the schemes of the repository, else the usual ones.
    mutating func look(in context: CommandContext) throws {
        if Customer.exists(home: context.home) {
            (schemes, sharesOneDisk) = try context.withCustomer { customer in
                let supplierCount = customer.supplierCount
                let stored = try customer.storedSchemes().prefix(Limits.durabilitySchemeCountMax)
                    .map {
                        Asked(
                            scheme: $0.scheme, supplierCount: supplierCount,
                            blockCount: $0.blockCount)
                    }
                return (stored, customer.suppliersShareOneDisk)
            }
        }
        guard schemes.isEmpty else { return }
        isUsual = true
        schemes = [2, 4, 8, 20].compactMap { ErasureScheme.automatic(supplierCount: $0) }
            .map { Asked(scheme: $0) }
    }

    /// Takes the time that repairs of this repository have taken.
    mutating func measureRepairs(in context: CommandContext) throws {
        repairOrigin = .assumed
        guard Customer.exists(home: context.home) else { return }
        let history = try context.withCustomer { try $0.repairHistory() }
        guard let days = history.meanDays else { return }
        // A disk that lost things is mended at once; a supplier that goes silent has grace first.
        let grace = Double(context.adapters.grace) / 86_400_000_000_000
        measuredDays = days
        repairDays = min(max(days, grace), Limits.repairDays.upperBound)
        repairOrigin = .measured(history.repairs.count)
    }

    func model(_ scheme: ErasureScheme, repairDays: Double? = nil) -> DurabilityModel? {
        DurabilityModel(
            scheme: scheme, lifetimeDays: lifetimeDays, repairDays: repairDays ?? self.repairDays,
            repair: repair, shocks: shocks)
    }

    func outlooks(seed: UInt64, eventCount: Int? = nil) -> [DurabilityOutlook] {
        schemes.compactMap { asked in
            model(asked.scheme).map {
                DurabilityOutlook(
                    model: $0, supplierCount: asked.supplierCount,
                    eventCount: eventCount ?? trialEventCount,
                    seed: seed)
            }
        }
    }

    /// Repair times of the plot: from an hour to a month, and the one asked for is marked.
    static let plottedRepairDays = [1.0 / 24, 0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32]

    /// Loss a year for each of the plotted repair times.
    func losses(_ scheme: ErasureScheme) -> [(repairDays: Double, loss: Double)] {
        DurabilityQuestion.plottedRepairDays.compactMap { days in
            model(scheme, repairDays: days).map { (days, DurabilityChain(model: $0).lossPerYear) }
        }
    }
}
